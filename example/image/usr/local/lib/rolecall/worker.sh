#!/bin/bash
# The example's worker: worker.sh SECONDS FOLDER. Put your own work where the heartbeat is written.
set -euo pipefail

ended=''
# The handler only makes a note: one that exits while `wait` waits may crash bash.
trap ': "${ended:=yes}"' TERM
printf '%s\n' "$$" >"$2/pid"
while [[ -z $ended ]]; do
  printf '%(%FT%TZ)T\n' -1 >"$2/heartbeat"
  sleep "$1" &
  wait "$!" || true # unlike a sleep in the foreground, interrupted by TERM at once
done
