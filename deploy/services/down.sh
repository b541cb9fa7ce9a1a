#!/usr/bin/env bash
# Stops the services that up.sh started, and no others. Their data stay.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
if [ $# -eq 0 ]; then set -- "${ALL[@]}"; fi
for service in "$@"; do stop "$service"; done
rm -f "$ENV_FILE"
