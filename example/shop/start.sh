#!/bin/bash
# Starts the shop: the pages of this build, served over HTTP by the server that is on the AMI.
# Personality: shop_port (default 8080).
set -euo pipefail
# shellcheck source=SCRIPTDIR/../image/usr/local/lib/rolecall/role.sh
source /usr/local/lib/rolecall/role.sh

readonly BUILD=${ROLECALL_BUILD_DIR:?} PIDFILE=/run/rolecall-shop.pid SERVER=/usr/local/lib/rolecall/static-server.pl
readonly PAGES=/var/www/shop

# The commit that git archive wrote into the build; a build of a work tree has none.
commit() {
  local commit
  read -r commit <"$BUILD/COMMIT"
  if [[ $commit =~ ^[0-9a-f]{40,64}$ ]]; then printf '%s' "$commit"; else printf 'uncommitted'; fi
}

# The pages with the blanks filled in; made aside, since the server that still runs reads the old ones.
write_pages() {
  local page
  mkdir -p "$PAGES"
  for page in "$BUILD"/site/*.html; do
    sed -e "s/{{commit}}/$1/g; s/{{build}}/${ROLECALL_BUILD:?}/g; s/{{machine}}/${machine_id:?}/g" "$page" >"$PAGES/.new"
    mv -f "$PAGES/.new" "$PAGES/${page##*/}"
  done
}

serves_the_commit() {
  [[ $(curl -q -sf --noproxy '*' --max-time 2 "http://127.0.0.1:$port/") == *"commit $1"* ]]
}

port=$(number shop_port 8080)
commit=$(commit)
write_pages "$commit"
stop "$PIDFILE" "$SERVER"
perl "$SERVER" "$port" "$PAGES" "$PIDFILE" >>/var/log/rolecall-shop.log 2>&1
wait_for 10 serves_the_commit "$commit" || fail "no page of commit $commit on port $port: see /var/log/rolecall-shop.log"
say "shop serves commit $commit on port $port"
