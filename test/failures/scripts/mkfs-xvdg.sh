#!/bin/bash
set -e
device=/dev/xvdg
mkdir -p /data
mkfs.ext4 -q -L data "$device"
mount "$device" /data
