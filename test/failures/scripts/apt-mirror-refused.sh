#!/bin/bash
set -e
mkdir -p /etc/shop/apt
echo 'deb [trusted=yes] http://127.0.0.1:9/debian bookworm main' > /etc/shop/apt/sources.list
echo "Updating the package index ..."
apt-get -q -o Dir::Etc::sourcelist=/etc/shop/apt/sources.list -o Dir::Etc::sourceparts=- \
  -o APT::Update::Error-Mode=any -o Acquire::Retries=0 update
apt-get install -y nginx
