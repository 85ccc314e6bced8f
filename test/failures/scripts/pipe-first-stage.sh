#!/bin/bash
set -eo pipefail
cat /etc/shop/hosts.list | sort -u | tee /tmp/hosts
wc -l /tmp/hosts
