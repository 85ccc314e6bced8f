#!/bin/bash
# Issue a certificate for the load balancer from the company CA
set -euo pipefail
umask 077
DIR=$(mktemp -d); trap 'rm -rf "$DIR"' EXIT
CN="${1:-lb01.internal}"

echo "-- key for $CN"
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$DIR/lb.key" 2>/dev/null
echo "-- CA key (from the vault)"
openssl ecparam -name prime256v1 -genkey -noout | openssl ec -aes256 -passout pass:correct -out "$DIR/ca.key"
echo "-- CSR"
openssl req -new -key "$DIR/lb.key" -subj "/CN=$CN" -out "$DIR/lb.csr"
echo "-- CA certificate"
openssl req -x509 -new -key "$DIR/ca.key" -passin pass:wrong -subj "/CN=Company CA" -days 30 -out "$DIR/ca.pem"
echo "-- signing"
openssl x509 -req -in "$DIR/lb.csr" -CA "$DIR/ca.pem" -CAkey "$DIR/ca.key" -CAcreateserial -days 30 -out "$DIR/lb.pem"
install -m 0644 "$DIR/lb.pem" /etc/ssl/certs/lb.pem
