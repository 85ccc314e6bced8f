#!/usr/bin/env bash
set -o errexit -o nounset -o pipefail
# Download the agent from the artifact mirror (here a small one on loopback).
tmp=$(mktemp -d)
python3 - "$tmp/port" <<'PY' &
import http.server, sys
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        code = 200 if self.path.endswith("/VERSION") else 503
        body = b"4.2.1\n" if code == 200 else b"error\n"
        self.send_response(code); self.send_header("Content-Length", str(len(body))); self.end_headers()
        self.wfile.write(body)
    def log_message(self, *a): pass
s = http.server.HTTPServer(("127.0.0.1", 0), H)
open(sys.argv[1] + ".new", "w").write(str(s.server_port))
import os; os.rename(sys.argv[1] + ".new", sys.argv[1])
s.timeout = 3
for _ in range(4): s.handle_request()
PY
mirror=$!
trap 'kill $mirror 2>/dev/null || :; rm -rf "$tmp"' EXIT
for _ in 1 2 3 4 5 6 7 8 9 10; do [[ -s $tmp/port ]] && break; sleep 0.2; done
base="http://127.0.0.1:$(<"$tmp/port")"

get() { curl -fsSL --noproxy '*' --max-time 3 "$1" -o "$2"; }

echo "mirror: $base"
get "$base/agent/VERSION" "$tmp/version"
ver=$(cat "$tmp/version")
echo "newest version: $ver"
get "$base/agent/$ver/agent-linux-amd64.tgz" "$tmp/agent.tgz"
echo "unpacking"
tar xzf "$tmp/agent.tgz" -C /opt
