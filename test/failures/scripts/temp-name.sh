#!/bin/bash
set -e
stage=$(mktemp -d -t stage.XXXXXXXXXX)
echo "staging in $stage"
cp "$stage/shop.war" /opt/shop.war
