#!/bin/bash
setup() {
  local name=$1
  echo "[$name] setting up"
  mkdir -p "/var/lib/$name" || return 1
  case $name in cart) chgrp shop-cart "/var/lib/$name" || return 1 ;; esac
  echo "[$name] ok"
}
failed=()
for name in search catalog cart checkout mail; do
  setup "$name" || failed+=("$name")
done
if ((${#failed[@]})); then
  echo "${#failed[@]} of 5 services failed: ${failed[*]}" >&2
  exit 1
fi
