#!/usr/bin/env bash
# An object store that speaks S3, for tests: moto's server in a virtual environment of its own, everything in memory.
#
#   eval "$(deploy/services/s3.sh start)"    starts it and prints what programs and tests need, as `export` lines
#   deploy/services/s3.sh stop
#
# FOLDER (default: $OVERCUT_SERVICES or /tmp/overcut-services) holds the environment, the process id and the log.
# S3_PORT (default 55900) is the port, on loopback only.
#
# Why moto: it answers the real protocol over HTTP (signatures, multipart uploads, ranges, metadata, listings), comes
# from PyPI, and is maintained. MinIO is no Debian package; s3rver's last release is of 2021.
set -euo pipefail

FOLDER=${FOLDER:-${OVERCUT_SERVICES:-/tmp/overcut-services}}/s3
PORT=${S3_PORT:-55900}
BUCKET=${S3_BUCKET:-overcut}

is_running() { [[ -f $FOLDER/pid ]] && kill -0 "$(cat "$FOLDER/pid")" 2>/dev/null; }

start() {
  mkdir -p "$FOLDER"
  if [[ ! -x $FOLDER/venv/bin/moto_server ]]; then
    python3 -m venv "$FOLDER/venv" >&2
    "$FOLDER/venv/bin/pip" install --quiet 'moto[server]' >&2
  fi
  if ! is_running; then
    "$FOLDER/venv/bin/moto_server" -H 127.0.0.1 -p "$PORT" >"$FOLDER/log" 2>&1 &
    echo $! >"$FOLDER/pid"
  fi
  # A bucket is one PUT; the server is up when it is answered.
  for _ in $(seq 240); do
    if curl -fsS -m 2 -o /dev/null -X PUT "http://127.0.0.1:$PORT/$BUCKET" 2>/dev/null; then
      cat <<EXPORTS
export S3_ENDPOINT=http://127.0.0.1:$PORT
export S3_BUCKET=$BUCKET
export AWS_ACCESS_KEY_ID=overcut AWS_SECRET_ACCESS_KEY=overcut-test AWS_REGION=us-east-1
EXPORTS
      return
    fi
    is_running || break
    sleep 0.5
  done
  echo "the object store did not start; see $FOLDER/log" >&2
  return 1
}

stop() {
  if is_running; then kill "$(cat "$FOLDER/pid")"; fi
  rm -f "$FOLDER/pid"
}

case ${1:-} in
  start) start ;;
  stop) stop ;;
  *) echo "usage: $0 start|stop" >&2; exit 2 ;;
esac
