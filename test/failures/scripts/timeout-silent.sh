#!/bin/bash
set -e
echo "waiting for the lock"
timeout 1 tail -f /dev/null
echo "got the lock"
