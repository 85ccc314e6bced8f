#!/bin/bash
set -e
cd /tmp
mkdir -p t/conf && : > t/conf/app.yaml
tar cf conf.tar -C t conf
tar xvf conf.tar -C /etc conf/app.yml
