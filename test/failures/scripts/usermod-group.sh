#!/bin/bash
set -e
id shopper >/dev/null 2>&1 || useradd -m shopper
usermod -aG shopdocker shopper
