#!/bin/bash
nginx() {
  local i
  for i in 1 2 3 4 5; do
    echo "$(date '+%Y/%m/%d %T') [emerg] $$#$$: bind() to 0.0.0.0:80 failed (98: Address already in use)" >> /var/log/nginx-error.log
    echo "nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)" >&2
  done
  echo "nginx: [emerg] still could not bind()" >&2
  return 1
}
set -e
nginx -g 'daemon on;'
