#!/bin/bash
# The example's worker: worker.sh SECONDS FOLDER. Put your own work where the heartbeat is written.
set -euo pipefail

trap 'exit 0' TERM
printf '%s\n' "$$" >"$2/pid"
while :; do
  printf '%(%FT%TZ)T\n' -1 >"$2/heartbeat"
  sleep "$1" &
  wait "$!" # unlike a sleep in the foreground, interrupted by TERM at once
done
