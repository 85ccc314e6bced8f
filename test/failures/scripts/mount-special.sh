#!/bin/sh
set -e
mkdir -p /data
echo "mounting the volume"
mount -o noatime /dev/xvdf /data
chown -R www-data: /data
