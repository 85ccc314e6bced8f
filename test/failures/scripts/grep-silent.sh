#!/bin/bash
set -e
grep -q '^shop:' /etc/passwd
echo "shop is there"
