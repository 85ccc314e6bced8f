#!/bin/sh
set -eu
echo "reading the environment"
while read -r line; do
  export "$line"
done < /etc/shop/env
