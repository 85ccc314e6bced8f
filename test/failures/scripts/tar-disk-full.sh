#!/bin/bash
# backs the old state up before it is replaced
set -e
tar -cf /dev/full /etc/hostname /etc/passwd
rm -rf /var/lib/shop
