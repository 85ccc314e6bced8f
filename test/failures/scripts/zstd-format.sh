#!/bin/bash
set -e
printf 'hello' > /tmp/db.zst
zstd -d -f /tmp/db.zst -o /tmp/db
