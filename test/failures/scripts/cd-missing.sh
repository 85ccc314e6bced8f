#!/bin/bash
set -e
echo "deploy"
cd /srv/shop/current
exec ./run.sh
