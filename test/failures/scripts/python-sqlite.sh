#!/bin/bash
set -e
db=$(mktemp)
python3 - "$db" <<'PY'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
print(db.execute('select count(*) from releases').fetchone())
PY
