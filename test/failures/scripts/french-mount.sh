#!/bin/bash
set -e
mount() { echo "mount: $2 : le périphérique spécial $1 n'existe pas." >&2; return 32; }
mkdir -p /data
echo "Montage du volume"
mount /dev/xvdf /data
echo "Volume monté"
