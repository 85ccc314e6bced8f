#!/bin/bash
# A message that one client sends is received by another, with the password only.
# shellcheck disable=SC2154 # the variables are those of module.yaml
set -euo pipefail
# shellcheck source=SCRIPTDIR/../../module-lib.sh
source "$ROLECALL_LIB"

address rabbitmq_address
readonly HOST=$REPLY TEXT="message $RANDOM$RANDOM"
export HOST

client() {
  perl client.pl "$@" 2>&1
}

client send "$TEXT" >/dev/null || fail "a message can't be sent: $(client send again)"
[[ $(client receive) == "$TEXT" ]] || fail 'the message is not received'
if rabbitmq_password=wrong client receive >/dev/null; then fail 'another password opens the broker, too'; fi
if [[ -n ${rabbitmq_user:-} ]] && rabbitmq_user=guest rabbitmq_password=guest client receive >/dev/null; then fail 'guest may still come in'; fi
say 'a message passes through RabbitMQ, with the password only'
