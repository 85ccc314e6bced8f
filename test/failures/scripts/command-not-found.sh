#!/bin/bash
set -eu
cat > /tmp/app.ctmpl <<'T'
{{ key "shop/db" }}
T
consul-template -once -template /tmp/app.ctmpl:/etc/app.conf
