#!/bin/bash
set -e
ulimit -c 0
ulimit -f 64
dd if=/dev/zero of=/var/tmp/blob bs=1k count=500
echo "blob made"
