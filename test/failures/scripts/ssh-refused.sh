#!/bin/sh
set -e
echo "fetching the cluster key"
ssh -o BatchMode=yes -o StrictHostKeyChecking=no -p 2222 keys@127.0.0.1 cat cluster.key > /etc/cluster.key
