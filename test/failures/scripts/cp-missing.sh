#!/bin/bash
set -euo pipefail

configure() {
  mkdir -p /etc/shop
  cp /opt/shop/etc/app.conf /etc/shop/app.conf
  chmod 640 /etc/shop/app.conf
}

echo "rolecall: configuring"
configure
echo "rolecall: starting"
