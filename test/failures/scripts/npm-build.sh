#!/bin/bash
set -e
npm() {
  printf '\n> shop@1.4.2 build\n> webpack --mode production\n\n'
  echo 'sh: 1: webpack: not found' >&2
  return 127
}
cd /opt
npm run build
