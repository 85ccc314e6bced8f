#!/bin/bash
mkdir -p /opt/shop || exit 10
rm -rf /opt/shop.old || exit 11
mv /opt/shop.new /opt/shop.old || exit 12
echo swapped
