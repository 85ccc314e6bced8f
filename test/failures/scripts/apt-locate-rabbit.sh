#!/bin/bash
# Installs the broker.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive

echo "rolecall: installing packages"
apt-get install -y rabbitmq-server-ha
echo "rolecall: broker installed"
service rabbitmq-server start
