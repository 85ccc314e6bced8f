#!/bin/bash
# provision.sh - v3 (jm)
echo 'deb [trusted=yes] http://127.0.0.1:9/debian stable main' > /tmp/shop.list
APT="apt-get -qq -o Dir::Etc::sourcelist=/tmp/shop.list -o Dir::Etc::sourceparts=- -o Acquire::Retries=0"
$APT update
$APT install -y shop-agent
if [ $? -ne 0 ]; then
    exit 1
fi
/etc/init.d/shop-agent start
