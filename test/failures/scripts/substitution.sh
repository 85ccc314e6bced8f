#!/bin/bash
set -euo pipefail
version=$(cat /etc/shop/version)
echo "installing $version"
