#!/bin/bash
set -e
mkdir -p /srv/www
cd /srv/www
cat > /srv/busy.py <<'PY'
from http.server import BaseHTTPRequestHandler, HTTPServer
class H(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(503 if 'builds' in self.path else 200); self.end_headers()
HTTPServer(('127.0.0.1', 8099), H).serve_forever()
PY
python3 /srv/busy.py >/dev/null 2>&1 &
until curl -s -o /dev/null http://127.0.0.1:8099/; do sleep 0.1; done
curl -fSL --no-progress-meter -o /tmp/shop.tgz http://127.0.0.1:8099/builds/shop-1.4.tgz
tar xzf /tmp/shop.tgz -C /opt
