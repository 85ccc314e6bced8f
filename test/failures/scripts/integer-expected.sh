#!/bin/bash
set -e
total=$(awk '/MemTotall/ {print $2}' /proc/meminfo)
test "$total" -gt 1000000
echo "enough memory"
