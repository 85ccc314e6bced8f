#!/bin/bash
set -eu

restart() {
  touch /srv/shop/shared/restart.txt
}
deploy() {
  echo "deploying $1"
  restart
}
main() { deploy "${1:-1.4}"; }

main "$@"
