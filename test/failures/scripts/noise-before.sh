#!/bin/bash
set -e
i=0
while [ $i -lt 5000 ]; do
  echo "processing error report $i: 0 failed, 0 fatal"
  i=$((i + 1))
done
chmod +x /opt/shop/bin/start
