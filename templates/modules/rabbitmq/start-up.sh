#!/bin/bash
# RabbitMQ as one node, rabbit@localhost: the machine's name may change, and what the node keeps stays.
# shellcheck disable=SC2154 # the variables are those of module.yaml
set -euo pipefail
# shellcheck source=SCRIPTDIR/../../module-lib.sh
source "$ROLECALL_LIB"

address rabbitmq_address
readonly HOST=$REPLY
whole rabbitmq_port 1 65535
matches rabbitmq_vhost '[A-Za-z0-9._/-]{1,64}' 'a name of letters, digits and . _ / -'
if [[ -n ${rabbitmq_user:-} ]]; then matches rabbitmq_user '[A-Za-z0-9._-]{1,64}' 'a name of letters, digits and . _ -'; fi
if [[ -n ${rabbitmq_user:-} && -z ${rabbitmq_password:-} ]]; then fail 'rabbitmq_user needs rabbitmq_password'; fi
if [[ -z ${rabbitmq_user:-} && -n ${rabbitmq_password:-} ]]; then fail 'rabbitmq_password needs rabbitmq_user'; fi
if [[ ${rabbitmq_password:-} == *$'\n'* ]]; then fail 'rabbitmq_password must be one line'; fi

# Else the broker's start and rabbitmqctl wait for ever.
timeout 10 getent hosts localhost >/dev/null || fail "localhost has no address on this machine: add the line '127.0.0.1 localhost' to /etc/hosts"

# Before the installation, which starts the broker: otherwise it would listen to the world first. Erlang's own ports, for
# clusters and rabbitmqctl, stay inside.
configure() {
  write_file /etc/rabbitmq/rabbitmq-env.conf 644 <<'END'
# Written by rolecall's module rabbitmq.
NODENAME=rabbit@localhost
export ERL_EPMD_ADDRESS=127.0.0.1
SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1}"
END
  write_file /etc/rabbitmq/rabbitmq.conf 644 <<END
# Written by rolecall's module rabbitmq.
listeners.tcp.1 = $rabbitmq_address:$rabbitmq_port
END
}

run_alone() {
  rabbitmqctl --quiet stop >/dev/null 2>&1 || true
  rabbitmq-server -detached </dev/null
}

# control COMMAND...: rabbitmqctl, with its many lines shown only where it fails. A password comes by stdin.
control() {
  local said
  said=$(rabbitmqctl --quiet "$@" 2>&1) || fail "rabbitmqctl $1 failed: $said"
}

names() {
  rabbitmqctl --quiet "$1" --no-table-headers | cut -f 1
}

add_user() {
  local verb=add_user
  if names list_users | grep -qxF -- "$rabbitmq_user"; then verb=change_password; fi
  control "$verb" "$rabbitmq_user" <<<"$rabbitmq_password"
  control set_user_tags "$rabbitmq_user" administrator
  control set_permissions --vhost "$rabbitmq_vhost" "$rabbitmq_user" '.*' '.*' '.*'
  if [[ $rabbitmq_user != guest ]] && names list_users | grep -qx guest; then control delete_user guest; fi
  control authenticate_user "$rabbitmq_user" <<<"$rabbitmq_password"
}

# The handshake of AMQP 0-9-1: to the protocol's header a broker answers with Connection.Start (10, 10) of that version.
shakes_hands() {
  local reply
  reply=$(printf 'AMQP\0\0\x09\x01' | talk "$HOST" "$rabbitmq_port" 2 | head -c 13 | od -An -v -tx1 | tr -d ' \n')
  [[ $reply =~ ^010000.{8}000a000a0009$ ]]
}

running() {
  rabbitmq-diagnostics --quiet check_running >/dev/null 2>&1
}

configure
install_packages --apt rabbitmq-server
start_service rabbitmq-server run_alone
wait_for 90 running || fail "RabbitMQ isn't up after 90 s: look in /var/log/rabbitmq"
if ! names list_vhosts | grep -qxF -- "$rabbitmq_vhost"; then control add_vhost "$rabbitmq_vhost"; fi
if [[ -n ${rabbitmq_user:-} ]]; then add_user; fi
wait_for 10 shakes_hands || fail "RabbitMQ is up, and doesn't speak AMQP on $HOST:$rabbitmq_port: rabbitmq-diagnostics listeners tells where it does"
say "RabbitMQ $(rabbitmq-diagnostics --quiet server_version) answers on $rabbitmq_address:$rabbitmq_port, for ${rabbitmq_user:-guest}"
