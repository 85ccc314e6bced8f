#!/bin/bash
echo "begin
mkdir -p /opt/shop
chmod 755 /opt/shop
