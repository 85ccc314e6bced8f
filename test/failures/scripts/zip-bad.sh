#!/bin/bash
set -e
echo "no zip" > /tmp/plugins.zip
python3 -m zipfile -e /tmp/plugins.zip /opt/plugins
