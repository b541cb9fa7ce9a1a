# Shared by the scripts beside it: folders, ports, users, waiting. Sourced, not run.

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$HERE/../.." && pwd)
# Everything of these services is in here: programs, data, logs, ports, and the file for `make test-services`.
SERVICES=${OVERCUT_SERVICES:-${CARGO_TARGET_DIR:-$ROOT/target}/services}
ENV_FILE=$SERVICES/env
ALL=(kafka postgres mariadb redis mosquitto)

say() { printf '%s\n' "$*" >&2; }
fail() { say "error: $*"; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else fail "need root to run: $*"
  fi
}

# Runs a command as the user of a package when we are root: database servers refuse to run as root.
as_user() {
  local user=$1; shift
  if [ "$(id -u)" = 0 ]; then runuser -u "$user" -- "$@"; else "$@"; fi
}

# Where a service keeps its data: in our folder, or below /var/tmp where its user may not enter that or where the path is
# too long for a socket.
data_of() {
  local name=$1 user=$2 folder=$SERVICES/$1
  mkdir -p "$folder"
  if [ ${#folder} -gt 80 ] || ! as_user "$user" test -x "$SERVICES"; then
    folder=/var/tmp/overcut-$(printf '%s' "$SERVICES" | cksum | cut -d' ' -f1)/$name
    mkdir -p "$folder"
  fi
  if [ "$(id -u)" = 0 ]; then chown "$user" "$folder"; fi
  printf '%s\n' "$folder"
}

listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# The port of a service: the one it had before, or the first free one from a number on.
port_of() {
  local file=$SERVICES/$1.port port=$2
  if [ ! -s "$file" ]; then
    while listens "$port"; do port=$((port + 1)); done
    printf '%s\n' "$port" >"$file"
  fi
  cat "$file"
}

# The password of the databases, made once.
password() {
  local file=$SERVICES/password
  if [ ! -s "$file" ]; then (umask 077; od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$file"); fi
  cat "$file"
}

# A certificate of a server on this machine, and its key for that server's user alone, made once: tls.pem and tls.key.
certificate() {
  local folder=$1 user=$2
  if [ -s "$folder/tls.key" ]; then return; fi
  printf '%s\n' '[req]' 'prompt = no' 'distinguished_name = name' 'x509_extensions = extensions' '[name]' 'CN = localhost' \
    '[extensions]' 'subjectAltName = DNS:localhost, IP:127.0.0.1' 'basicConstraints = critical, CA:FALSE' \
    >"$folder/tls.conf"
  (umask 077; openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -config "$folder/tls.conf" \
    -out "$folder/tls.pem" -keyout "$folder/tls.key" 2>/dev/null) || fail "openssl makes no certificate"
  if [ "$(id -u)" = 0 ]; then chown "$user" "$folder/tls.pem" "$folder/tls.key"; fi
}

# Starts a program that stays, and remembers its process.
start() {
  local name=$1; shift
  setsid nohup "$@" </dev/null >"$SERVICES/$name.log" 2>&1 &
  printf '%s\n' $! >"$SERVICES/$name.pid"
}

# True while the process that we started is there. One that took over its number is not ours.
runs() {
  local pid port
  [ -s "$SERVICES/$1.pid" ] && [ -s "$SERVICES/$1.port" ] || return 1
  pid=$(cat "$SERVICES/$1.pid") port=$(cat "$SERVICES/$1.port")
  tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -q -- "$port"
}

# Waits until a command succeeds, for half a minute at most.
wait_for() {
  local name=$1 n; shift
  for n in $(seq 300); do
    if "$@" >/dev/null 2>&1; then return; fi
    # A process that has just been started does not bear its own name yet, and some change it.
    if [ "$n" -gt 30 ] && ! runs "$name"; then break; fi
    sleep 0.1
  done
  tail -n 20 "$SERVICES/$name.log" >&2
  fail "$name did not get ready; its log is $SERVICES/$name.log"
}

# Stops what we started, and nothing else.
stop() {
  local name=$1 pid n
  if runs "$name"; then
    pid=$(cat "$SERVICES/$name.pid")
    kill -- "$pid"
    for n in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
    if kill -0 "$pid" 2>/dev/null; then say "$name does not stop: killed"; kill -9 -- "$pid"; fi
    say "stopped $name"
  fi
  rm -f "$SERVICES/$name.pid" "$SERVICES/$name.port"
}
