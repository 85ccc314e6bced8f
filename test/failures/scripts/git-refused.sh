#!/bin/bash
set -e
cd /srv
git clone --depth 1 git://127.0.0.1/shop.git
cd shop && ./install.sh
