#!/bin/sh
set -u
echo "joining cluster"
echo "cluster=$SHOP_CLUSTER" > /etc/shop.conf
