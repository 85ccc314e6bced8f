#!/bin/bash -e
cd /opt
curl -fsSL http://127.0.0.1:9/shop/1.4.2/shop.tar.gz | tar xz
ln -sfn /opt/shop /opt/current
