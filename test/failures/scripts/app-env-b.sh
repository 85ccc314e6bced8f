#!/bin/bash
set -eu
: "${APP_ENV:=staging}"
DB_USER=app
DB_NAME=app_$APP_ENV
out=$(mktemp)
trap 'rm -f "$out"' EXIT

warn() { echo "WARNING: $*" >&2; }
[ -e /etc/app/override.env ] || warn "no /etc/app/override.env, going on with defaults"
[ -e /etc/app/secrets.env ] && . /etc/app/secrets.env

echo "writing settings for $APP_ENV"
cat > "$out" <<CFG
[database]
user = $DB_USER
name = $DB_NAME
host = ${DB_HOST:-localhost}
password = $DB_PASS
CFG
install -D -m 640 "$out" /etc/app/app.ini
echo "settings written"
