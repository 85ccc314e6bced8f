#!/bin/bash
systemctl() {
  case $1 in
    daemon-reload) ;;
    enable) echo "Created symlink /etc/systemd/system/multi-user.target.wants/shop.service → /lib/systemd/system/shop.service." >&2 ;;
    start) echo "Failed to start $2.service: Unit $2.service not found." >&2; return 5 ;;
  esac
}
set -e
systemctl daemon-reload
systemctl enable shop
systemctl start shop-worker
