#!/bin/bash
set -e
ulimit -c 0
echo "building the assets"
node --max-old-space-size=24 -e 'const a = []; for (;;) a.push(new Array(1000).fill(String(a.length)));'
