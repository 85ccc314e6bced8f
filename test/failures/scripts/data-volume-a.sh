#!/bin/bash
set -e
DEV=/dev/vdz1
MNT=$(mktemp -d)
finish() { rmdir "$MNT"; echo "volume step over"; }
trap finish EXIT
mountpoint -q "$MNT" && umount "$MNT"
echo "mounting $DEV"
mount -t ext4 -o noatime "$DEV" "$MNT"
echo "$DEV $MNT ext4 noatime 0 2" >> /etc/fstab
