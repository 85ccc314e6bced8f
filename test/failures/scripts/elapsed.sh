#!/bin/bash
began=$(date +%s%N)
for try in $(seq $((RANDOM % 3 + 3))); do
  echo "try $try: cluster is red"
  sleep 0.0$((RANDOM % 9 + 1))
done
echo "timed out after $(( ($(date +%s%N) - began) / 1000000 )) ms waiting for a green cluster" >&2
exit 1
