#!/usr/bin/env bash
set -Eeuo pipefail
trap 'echo "error on line $LINENO (exit $?)" >&2' ERR

DB=$(mktemp /tmp/tmp.XXXXXXXX.sqlite)
echo "Database: $DB"
migrate() {
    local n="$1"
    echo "applying migration $n ... "
    sqlite3 -bail "$DB"
    echo "ok $n"
}
migrate 001 <<SQL
CREATE TABLE hosts (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
INSERT INTO hosts(name) VALUES ('web1'), ('web2');
SQL
migrate 002 <<SQL
CREATE TABLE roles (id INTEGER PRIMARY KEY, host_id INTEGER REFERENCES hosts(id), role TEXT);
SQL
migrate 003 <<SQL
INSERT INTO hosts(name) VALUES ('web2');
SQL
echo "all migrations applied"
