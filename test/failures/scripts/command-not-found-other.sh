#!/bin/bash
set -eu
cat > /tmp/app.ctmpl <<'T'
{{ key "shop/db" }}
T
confd -onetime -backend env -confdir /etc/confd
