#!/bin/bash
set -e
head -c 300000 /dev/urandom > /tmp/payload
tar czf /tmp/whole.tgz -C /tmp payload
head -c 100000 /tmp/whole.tgz > /tmp/shop.tgz
mkdir -p /opt/shop
tar xzf /tmp/shop.tgz -C /opt/shop
