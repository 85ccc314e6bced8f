#!/bin/bash
pg_ctl() {
  echo "waiting for server to start...."
  echo "$(date -u '+%F %T.%3N UTC') [$$] FATAL:  could not create lock file \"/tmp/.s.PGSQL.5432.lock\": Read-only file system" >&2
  echo " stopped waiting"
  echo "pg_ctl: could not start server" >&2
  echo "Examine the log output." >&2
  return 1
}
cleanup() {
  local n
  for n in $(seq 400); do echo "removing /var/lib/shop/tmp/part-$n"; done
  echo "all parts removed"
}
if ! pg_ctl -D /var/lib/postgresql/data -w start; then
  cleanup
  exit 3
fi
