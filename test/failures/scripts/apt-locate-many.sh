#!/bin/bash
install_all() {
  DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends "$@"
}
# tzdata is on every machine already, the second one is what matters
set -e
install_all tzdata bash rabbitmq-server-ha coreutils
