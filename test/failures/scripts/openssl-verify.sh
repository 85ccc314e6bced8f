#!/bin/bash
set -e
cd /tmp
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=ca
openssl verify ca.pem
