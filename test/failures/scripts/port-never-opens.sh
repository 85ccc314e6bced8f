#!/bin/bash
n=0
while ! (echo > /dev/tcp/127.0.0.1/11311) 2>/dev/null; do
  n=$((n+1))
  if [ $n -ge 5 ]; then
    echo "memcached: port 11311 never opened"
    exit 4
  fi
  sleep 0.05
done
