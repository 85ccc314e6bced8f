#!/bin/bash
set -e
echo "starting as deploy"
sudo -u deploy /opt/shop/bin/start
