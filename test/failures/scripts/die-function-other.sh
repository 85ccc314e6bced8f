#!/bin/bash
die() {
  echo "ERROR: $*" 1>&2
  exit 1
}
warn() { echo "WARNING: $*" 1>&2; }

[ -r /etc/shop/shop.conf ] || warn "cannot read /etc/shop/shop.conf, using defaults"
[ -n "$environment" ] || die "environment is not set"
[ -s /etc/shop/licence ] || die "no certificate for the shop, ask licences@example.com"
echo "starting"
