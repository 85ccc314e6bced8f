#!/bin/bash
set -eux
version=1.4.2
mkdir -p /opt/shop
curl -sSfL "http://artifacts.shop.invalid/shop-${version}.tar.gz" -o /tmp/shop.tar.gz
tar -xzf /tmp/shop.tar.gz -C /opt/shop
