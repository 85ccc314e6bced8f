#!/bin/bash
set -eo pipefail
find /etc -maxdepth 1 -name 'host*' -type f | sort | xargs -n 1 -I '{}' cp '{}' /srv/none/hosts
