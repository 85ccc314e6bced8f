#!/bin/bash
# A page that is put into the folder is served as it is, under its type; one that isn't there is a 404.
# shellcheck disable=SC2154 # the variables are those of module.yaml
set -euo pipefail
# shellcheck source=SCRIPTDIR/../../module-lib.sh
source "$ROLECALL_LIB"

address nginx_address
readonly HOST=$REPLY TEXT="body{} /* $RANDOM$RANDOM */"

get() {
  printf 'GET %s HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n' "$1" | talk "$HOST" "$nginx_port" 5 | tr -d '\r'
}

printf '%s' "$TEXT" >"$nginx_root/rolecall-test.css"
chmod 644 "$nginx_root/rolecall-test.css"
trap 'rm -f -- "$nginx_root/rolecall-test.css"' EXIT
reply=$(get /rolecall-test.css)
[[ $reply == 'HTTP/1.1 200 OK'*$'\nContent-Type: text/css'*$'\n\n'"$TEXT" ]] || fail "a new page isn't served as it is: $reply"
[[ $(get /rolecall-nothing) == 'HTTP/1.1 404 '* ]] || fail "a page that isn't there is no 404"
[[ $(get /) == 'HTTP/1.1 200 '*$'\n\n'"$(<"$nginx_root/index.html")" ]] || fail "/ isn't $nginx_root/index.html"
say "nginx serves the pages of $nginx_root"
