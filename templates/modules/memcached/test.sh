#!/bin/bash
# An item that is stored by one client is read by another, and the cache is as large as was asked.
# shellcheck disable=SC2154 # the variables are those of module.yaml
set -euo pipefail
# shellcheck source=SCRIPTDIR/../../module-lib.sh
source "$ROLECALL_LIB"

address memcached_address
readonly HOST=$REPLY VALUE="of $RANDOM$RANDOM"

ask() {
  printf '%b\r\nquit\r\n' "$1" | talk "$HOST" "$memcached_port" 5 | tr -d '\r'
}

[[ $(ask "set rolecall_test 0 60 ${#VALUE}\r\n$VALUE") == STORED ]] || fail 'memcached stores nothing'
[[ $(ask 'get rolecall_test') == *$'\n'"$VALUE"$'\n'END ]] || fail 'memcached lost what it had stored'
[[ $(ask stats) == *"STAT limit_maxbytes $((memcached_mb * 1024 * 1024))"* ]] || fail "memcached has not $memcached_mb MiB"
say "memcached keeps an item, and has $memcached_mb MiB"
