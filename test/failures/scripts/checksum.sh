#!/bin/bash
set -e
cd /tmp
echo one > shop.tar.gz
sha256sum shop.tar.gz > SHA256SUMS
echo two > shop.tar.gz
sha256sum -c SHA256SUMS
