#!/bin/bash
# Role worker: a process in the background that does a piece of work every few seconds.
# Personality: worker_interval (seconds, default 5).
set -euo pipefail
# shellcheck source=SCRIPTDIR/../../../../usr/local/lib/rolecall/role.sh
source /usr/local/lib/rolecall/role.sh

readonly FOLDER=/run/rolecall-worker WORKER=/usr/local/lib/rolecall/worker.sh

working() {
  running "$FOLDER/pid" "$WORKER" && [[ -s $FOLDER/heartbeat ]]
}

interval=$(number worker_interval 5)
mkdir -p "$FOLDER"
stop "$FOLDER/pid" "$WORKER"
rm -f "$FOLDER/heartbeat"
setsid bash "$WORKER" "$interval" "$FOLDER" >>/var/log/rolecall-worker.log 2>&1 </dev/null &
wait_for 10 working || fail "the worker doesn't live: see /var/log/rolecall-worker.log"
say "worker at work every $interval s, process $(<"$FOLDER/pid")"
