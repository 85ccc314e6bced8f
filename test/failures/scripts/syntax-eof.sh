#!/bin/bash
set -e
echo start
install_shop() {
  cat > /etc/shop.conf <<EOF
port=80
  EOF
}
install_shop
