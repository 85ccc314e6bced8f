#!/bin/bash
set -e
echo '{"message": "Not Found", "documentation_url": "https://docs.example.com"}' > /tmp/shop.tgz
mkdir -p /opt/shop
tar xzf /tmp/shop.tgz -C /opt/shop
