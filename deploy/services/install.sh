#!/usr/bin/env bash
# Installs what the services named (by default all) and the Kafka client's build need, where it is missing.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

missing=()
need() { # command or file, package
  command -v "$1" >/dev/null || [ -e "$1" ] || missing+=("$2")
}

need cmake cmake
need cc build-essential
need /usr/include/zlib.h zlib1g-dev
need openssl openssl
need /usr/include/openssl/ssl.h libssl-dev
compgen -G '/usr/include/*/curl/curl.h' >/dev/null || need /usr/include/curl/curl.h libcurl4-openssl-dev
if [ $# -eq 0 ]; then set -- "${ALL[@]}"; fi
for service in "$@"; do
  case $service in
    kafka) need python3 python3; need ip iproute2; python3 -m pip --version >/dev/null 2>&1 || missing+=(python3-pip) ;;
    postgres) compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql) ;;
    mariadb) need /usr/sbin/mariadbd mariadb-server ;;
    redis) need redis-server redis-server ;;
    mosquitto) need /usr/sbin/mosquitto mosquitto; need mosquitto_pub mosquitto-clients ;;
    *) fail "no service is called $service: there are ${ALL[*]}" ;;
  esac
done
if [ ${#missing[@]} -eq 0 ]; then exit; fi

say "installing ${missing[*]}"
# Packages start their own daemons when they are installed. We start our own, so they must not.
if [ ! -e /usr/sbin/policy-rc.d ]; then
  trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT
  printf '#!/bin/sh\nexit 101\n' | as_root tee /usr/sbin/policy-rc.d >/dev/null
  as_root chmod 755 /usr/sbin/policy-rc.d
fi
as_root apt-get update -qq
as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
