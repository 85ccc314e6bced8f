#!/bin/bash
set -e
mkdir -p /opt/shop
echo 'echo migrated' > /opt/shop/migrate.sh
chmod 644 /opt/shop/migrate.sh
/opt/shop/migrate.sh --to 42
