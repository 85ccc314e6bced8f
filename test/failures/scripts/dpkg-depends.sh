#!/bin/bash
set -e
work=$(mktemp -d /tmp/pkg.XXXXXXXX)
mkdir -p "$work/shopd/DEBIAN" "$work/shopd/opt/shop"
cat > "$work/shopd/DEBIAN/control" <<EOF
Package: shopd
Version: 3.1.0
Architecture: all
Maintainer: Shop <shop@example.com>
Depends: libshop99 (>= 2.0)
Description: the shop's server
EOF
dpkg-deb --build "$work/shopd" "$work/shopd.deb"
dpkg -i "$work/shopd.deb"
