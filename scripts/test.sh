#!/usr/bin/env bash
# Runs the tests as root, by sudo for anybody else: complete machines need it, and no test is skipped.
# usage: scripts/test.sh [JEST-ARGUMENT...]
set -euo pipefail
cd "$(dirname "$0")/.."

jest=("$(command -v node)" node_modules/jest/bin/jest.js "$@")
export NODE_OPTIONS=--experimental-vm-modules
((EUID != 0)) || exec "${jest[@]}"

if ! command -v sudo >/dev/null; then
  echo 'test: the tests boot complete machines: run them as root, or as a user with sudo' >&2
  exit 1
fi
sudo -n true 2>/dev/null || echo 'test: the tests boot complete machines as root, so sudo asks you now' >&2
# HOME becomes root's own, so that no file of root's turns up in yours. sudo drops what else the tests look at.
kept=()
for name in NODE_OPTIONS CI TERM NODE_EXTRA_CA_CERTS http_proxy https_proxy no_proxy; do
  [[ ! -v $name ]] || kept+=("$name=${!name}")
done
# What the tests start lies in sbin too, which is not in a user's PATH.
kept+=("PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin")
exec sudo -H env "${kept[@]}" "${jest[@]}"
