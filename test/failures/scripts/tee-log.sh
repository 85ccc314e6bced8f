#!/bin/bash
exec > >(tee -a /var/log/user-data.log) 2>&1
set -e
echo "BEGIN user data"
install -D /srv/stage/shop.jar /opt/shop/shop.jar
echo "END user data"
