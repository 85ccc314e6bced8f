#!/bin/bash
set -euo pipefail
# make the session secret of the app
out=$(mktemp)
echo "Generating secret"
SECRET=$(tr -dc 'A-Za-z0-9' < /dev/urandom | head -c 48)
echo "secret_key_base: $SECRET" > "$out"
install -D -m 600 "$out" /etc/app/secret.yml
echo "Secret stored"
