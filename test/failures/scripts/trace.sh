#!/bin/bash
set -ex
mkdir -p /etc/shop
errors=0 failed=no
touch /tmp/a.conf /tmp/b.conf
export NODE_ENV=production ON_ERROR=abort
cp /tmp/a.conf /tmp/b.conf /etc/shop/conf.d
chmod 644 /etc/shop/conf.d/*
