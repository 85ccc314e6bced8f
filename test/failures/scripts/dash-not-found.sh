#!/bin/sh
set -e
PATH=/usr/bin:/bin
echo "enabling the shop"
shopctl enable --now
echo "enabled"
