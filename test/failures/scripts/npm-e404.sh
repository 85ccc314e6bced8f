#!/bin/bash
set -e
npm() {
  echo "npm warn deprecated inflight@1.0.6: This module is not supported, and leaks memory."
  echo "npm warn deprecated glob@7.2.3: Glob versions prior to v9 are no longer supported"
  cat >&2 <<'EOF'
npm error code E404
npm error 404 Not Found - GET https://npm.example.com/@shop%2fcart - Not found
npm error 404
npm error 404  '@shop/cart@^7.0.0' is not in this registry.
npm error 404
npm error 404 Note that you can also install from a
npm error 404 tarball, folder, http url, or git folder.
EOF
  echo "npm error A complete log of this run can be found in: /root/.npm/_logs/$(date +%FT%H_%M_%S)_$((RANDOM % 900 + 100))Z-debug-0.log" >&2
  return 1
}
mkdir -p /opt/shop && cd /opt/shop
npm ci --omit=dev
