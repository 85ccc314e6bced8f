#!/bin/bash
set -e
echo building
(
  cd /usr/src/app
  ./configure
)
echo built
