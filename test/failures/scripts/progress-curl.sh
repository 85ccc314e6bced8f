#!/bin/bash
set -e
head -c 3000000 /dev/urandom > /tmp/big.bin
echo "copying"
curl -f file:///tmp/big.bin -o /dev/full
