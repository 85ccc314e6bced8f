#!/bin/sh
export DEBIAN_FRONTEND=noninteractive
export LC_ALL=C
echo "### base tools ###"
# old package, may not be there
dpkg -s exim4-base >/dev/null 2>&1 || echo "exim4 is not installed, good"
apt-get install -y -q --no-install-recommends curl jq nginx-fullest </dev/null || {
    echo "apt failed, giving up" >&2
    exit 100
}
echo "### done ###"
