#!/bin/bash
set -e
mkdir -p /var/lib/shop/{cache,spool}
: > /var/lib/shop/state
chown -R shop:shop /var/lib/shop
