#!/bin/bash
set -e
echo SHOP_PORT=8080 > /etc/default/shopd
service shopd restart
