#!/bin/bash
set -e
mkdir -p /opt/shop
cd /opt/shop
tar -zxvf /tmp/shop-1.4.2.tgz
