#!/bin/bash
# Role web: a page that tells which machine this is, served over HTTP by the perl that every Debian has.
# Personality: web_port (default 8080).
set -euo pipefail
# shellcheck source=SCRIPTDIR/../../../../usr/local/lib/rolecall/role.sh
source /usr/local/lib/rolecall/role.sh

readonly PAGES=/var/www/rolecall PIDFILE=/run/rolecall-web.pid SERVER=/usr/local/lib/rolecall/static-server.pl

write_page() {
  mkdir -p "$PAGES"
  cat >"$PAGES/index.html.new" <<END
<!doctype html>
<title>${machine_id:?}</title>
<h1>$machine_id</h1>
<p>role ${role:?}, environment ${environment:?}, context ${context:?}</p>
END
  mv -f "$PAGES/index.html.new" "$PAGES/index.html"
}

serves_the_page() {
  [[ $(curl -q -sf --noproxy '*' --max-time 2 "http://127.0.0.1:$port/") == "$(<"$PAGES/index.html")" ]]
}

port=$(number web_port 8080)
write_page
stop "$PIDFILE" "$SERVER"
perl "$SERVER" "$port" "$PAGES" "$PIDFILE" >>/var/log/rolecall-web.log 2>&1
wait_for 10 serves_the_page || fail "no page on port $port: see /var/log/rolecall-web.log"
say "web page served on port $port"
