#!/bin/bash
set -o errexit
source /etc/default/shopd
echo "$SHOP_PORT"
