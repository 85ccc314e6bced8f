#!/bin/bash
set -e
cd /tmp
openssl req -x509 -newkey rsa:2048 -nodes -keyout k.pem -out c.pem -days 2 -subj /CN=localhost 2>/dev/null
openssl s_server -accept 127.0.0.1:8443 -cert c.pem -key k.pem -www >/dev/null 2>&1 &
until curl -sk -o /dev/null https://127.0.0.1:8443/; do sleep 0.1; done
echo "fetching the licence"
curl -sSf https://127.0.0.1:8443/licence -o /etc/licence
echo done
