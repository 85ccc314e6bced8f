#!/bin/bash
set -e
ulimit -v 400000
echo "loading the index"
python3 -c '
index = bytearray(2 * 10**9)
print(len(index))
'
