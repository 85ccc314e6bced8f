#!/bin/bash
set -euo pipefail
echo "writing the configuration"
cat > /etc/shop.conf <<EOF
name=${DB_NAME}
EOF
