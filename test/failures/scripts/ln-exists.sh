#!/bin/bash
set -e
mkdir -p /opt/shop-1.4.2 /opt/shop-1.4.1
ln -s /opt/shop-1.4.1 /opt/current 2>/dev/null || true
rm -f /opt/previous
cp -P /opt/current /opt/previous
ln -sT /opt/shop-1.4.2 /opt/current
