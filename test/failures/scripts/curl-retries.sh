#!/usr/bin/env bash
set -euo pipefail
log() { printf '%s %s\n' "$(date +%H:%M:%S)" "$*"; }
die() { log "FATAL: $*" >&2; exit 1; }

wait_for() {
  local url=$1 name=$2 try
  for try in 1 2 3 4; do
    if curl -sS -o /dev/null --max-time 2 "$url"; then
      log "$name is up"
      return 0
    fi
    log "waiting for $name (try $try)"
    sleep 0.1
  done
  return 1
}

wait_for http://127.0.0.1:8200/v1/sys/health vault || die "vault did not answer after 4 tries"
log "unsealing"
