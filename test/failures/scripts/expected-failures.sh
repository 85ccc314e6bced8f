#!/bin/bash
set -e
rm /etc/nginx/sites-enabled/default || true
userdel olduser || :
umount /data || echo "was not mounted"
if ! getent group shop; then echo "no group yet"; fi
id shop 2>&1 || echo "no user yet"
echo "port=80" > /etc/shop.conf
grep -qx 'port=8080' /etc/shop.conf
