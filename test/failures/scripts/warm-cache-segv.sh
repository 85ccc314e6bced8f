#!/bin/bash
set -u
# fill the page cache of the new box. 
echo "warm-cache: start, pid $$, $(date +%s)"
for part in index media; do
    echo "warm-cache: $part ok"
done
python3 -c '
import os, signal, sys
print("loading search index: 10%"); print("loading search index: 60%")
sys.stdout.flush()
os.kill(os.getpid(), signal.SIGSEGV)
'
rc=$?
if [ $rc -ne 0 ]; then
    echo "warm-cache: loader ended with $rc"
    exit $rc
fi
echo "warm-cache: done"
