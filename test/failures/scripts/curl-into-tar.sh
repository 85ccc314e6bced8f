#!/bin/bash
set -e -o pipefail
mkdir -p /opt/shop
curl -fsSL http://127.0.0.1:9/shop/1.4.2/shop.tar.gz | tar xz -C /opt/shop --strip-components=1
ln -sfn /opt/shop /opt/current
