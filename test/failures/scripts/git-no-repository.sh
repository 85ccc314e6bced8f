#!/bin/bash
if ! git clone /srv/git/shop.git /opt/shop-src; then
  echo "could not clone the shop" >&2
  exit 3
fi
