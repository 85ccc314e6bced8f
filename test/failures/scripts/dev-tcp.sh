#!/bin/bash
set -e
# is the broker there?
exec 5<>/dev/tcp/127.0.0.1/5672
echo "broker is there"
