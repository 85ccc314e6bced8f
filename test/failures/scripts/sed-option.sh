#!/bin/bash
set -e
url=http://10.0.0.5/app
echo 'url=@URL@' > /etc/shop.conf
sed -i "s/@URL@/$url/" /etc/shop.conf
