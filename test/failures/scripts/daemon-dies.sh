#!/bin/bash
set -eu
cat > /opt/shopd.py <<'PY'
import socket
first = socket.socket(); first.bind(('127.0.0.1', 8077)); first.listen()
second = socket.socket(); second.bind(('127.0.0.1', 8077))
PY
python3 /opt/shopd.py > /var/log/shopd.log 2>&1 &
pid=$!
for _ in $(seq 50); do
  kill -0 "$pid" 2>/dev/null || break
  sleep 0.1
done
if ! kill -0 "$pid" 2>/dev/null; then
  echo "the shop died at its start, the end of its log:" >&2
  tail -n 20 /var/log/shopd.log >&2
  exit 1
fi
