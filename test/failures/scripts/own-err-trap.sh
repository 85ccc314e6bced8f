#!/bin/bash
set -Eeo pipefail
on_error() { echo "*** ${BASH_SOURCE[0]} failed at line $1: $2" >&2; }
trap 'on_error "$LINENO" "$BASH_COMMAND"' ERR

echo "limits"
echo "nofile 65536" | tee /etc/shop.d/20-limits.conf
ulimit -n 1024
