#!/bin/bash
trap 'for n in $(seq 150); do echo "rollback: step $n of 150"; done; echo "rollback: done, state was restored"' EXIT
for n in $(seq 1200); do echo "unpacking usr/share/shop/assets/img-$n.png"; done
check_key() {
  echo "openssl: the key does not match the certificate" >&2
  return 1
}
check_key || exit 1
