#!/bin/bash
log() { echo "$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ) [$$] $1: ${*:2}"; }
log INFO "starting node"
log DEBUG "heartbeat error_logger=tty"
log INFO "waiting for node"
log ERROR "rabbitmqctl: unable to connect to node rabbit@localhost: nodedown"
log INFO "node data kept in /var/lib/rabbitmq"
exit 1
