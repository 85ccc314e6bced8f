#!/bin/bash
set -e
echo "rolecall: starting"
if [ -f /etc/shop.conf ]
  echo "configured already"
fi
