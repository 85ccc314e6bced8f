#!/bin/bash
set -e
ulimit -v 100000
echo "sorting"
all=$(head -c 300000000 /dev/zero | tr '\0' x)
echo "${#all}"
