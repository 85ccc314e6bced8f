#!/bin/bash
set -euo pipefail
echo "writing the configuration"
cat > /etc/shop.conf <<EOF
host=${DB_HOST}
EOF
