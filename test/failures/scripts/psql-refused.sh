#!/bin/bash
set -e
psql() {
  cat >&2 <<'EOF'
psql: error: connection to server at "10.0.3.17", port 5432 failed: Connection refused
	Is the server running on that host and accepting TCP/IP connections?
EOF
  return 2
}
psql -h 10.0.3.17 -U shop -f schema.sql
