#!/bin/bash
set -e
mkdir -p /opt/shop
cat > /opt/shop/lib.sh <<'SH'
# helpers of the shop
prepare() {
  mkdir "$1/conf"
}
SH
. /opt/shop/lib.sh
prepare /etc/passwd
