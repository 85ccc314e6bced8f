#!/bin/bash
set -e
# the application's own user
useradd -r -d /srv/www -s /usr/sbin/nologin www-data
mkdir -p /srv/www
