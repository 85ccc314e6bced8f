#!/bin/bash
set -e
openssl x509 -in /etc/ssl/shop.pem -noout -enddate
