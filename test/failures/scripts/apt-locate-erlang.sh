#!/bin/bash
# Installs the broker.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive

echo "rolecall: installing packages"
apt-get install -y erlang-nox-r25
echo "rolecall: broker installed"
service rabbitmq-server start
