#!/bin/bash
set -e
cd /tmp
wget --tries=1 http://127.0.0.1:8081/repository/raw/shop/shop-1.4.2.jar -O shop.jar
install -D shop.jar /opt/shop/shop.jar
