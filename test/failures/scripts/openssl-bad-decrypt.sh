#!/bin/bash
set -e
cd /tmp
echo 'db_password=x' | openssl enc -aes-256-cbc -pbkdf2 -pass pass:one -out secrets.enc
echo "opening the secrets"
openssl enc -d -aes-256-cbc -pbkdf2 -pass pass:two -in secrets.enc -out /etc/secrets.env
