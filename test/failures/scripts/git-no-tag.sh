#!/bin/bash
# get the code
set -e
export HOME=/root GIT_CONFIG_NOSYSTEM=1
rm -rf /srv/origin /srv/shop
git init -q /srv/origin
cd /srv/origin
git -c user.name=x -c user.email=x@example.com commit -q --allow-empty -m one
git tag v1.4.1
git clone /srv/origin /srv/shop
cd /srv/shop
git checkout v1.4.2
make install
