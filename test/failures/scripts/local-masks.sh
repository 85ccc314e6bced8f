#!/bin/bash
set -euo pipefail
install_version() {
  local version=$(cat /etc/shop/version)
  [ -n "$version" ] || { echo "install_version: version is empty" >&2; return 1; }
  echo "installing $version"
}
install_version
