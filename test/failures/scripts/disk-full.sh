#!/bin/bash
set -e
echo "making swap"
dd if=/dev/zero of=/dev/full bs=64k count=4
mkswap /swapfile
swapon /swapfile
