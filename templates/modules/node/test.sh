#!/bin/bash
# A server that is written in JavaScript answers.
# shellcheck disable=SC2154 # the variables are those of module.yaml
set -euo pipefail
# shellcheck source=SCRIPTDIR/../../module-lib.sh
source "$ROLECALL_LIB"

folder=$(mktemp -d)
trap 'kill "$server" || true; rm -rf -- "$folder"' EXIT
cat >"$folder/server.js" <<'END'
const server = require('http').createServer((request, response) => response.end(`you asked for ${request.url}`));
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
END
node "$folder/server.js" >"$folder/port" &
server=$!
wait_for 10 test -s "$folder/port" || fail 'the server does not start'
reply=$(printf 'GET /this HTTP/1.0\r\n\r\n' | talk 127.0.0.1 "$(<"$folder/port")" 5)
[[ $reply == *'you asked for /this' ]] || fail "the server answers: $reply"
if flag node_npm; then
  cd "$folder"
  npm init --yes >/dev/null 2>&1 || fail 'npm init fails'
  [[ -s package.json ]] || fail 'npm makes no package.json'
fi
say 'a server that node runs answers'
