#!/bin/bash
if [ ! -d /var/lib/shop/data ]; then
  exit 17
fi
