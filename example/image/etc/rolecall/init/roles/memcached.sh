#!/bin/bash
# Role memcached: the package's memcached with the memory that the personality gives (memcached_mb, megabytes).
set -euo pipefail
# shellcheck source=SCRIPTDIR/../../../../usr/local/lib/rolecall/role.sh
source /usr/local/lib/rolecall/role.sh

readonly ADDRESS=127.0.0.1 PORT=11211 PIDFILE=/run/memcached/memcached.pid

# The service runs as its own user; a limited box of the local cloud has no user but root.
can_be_a_service() {
  setpriv --reuid=memcache --regid=memcache --clear-groups true 2>/dev/null && command -v service >/dev/null
}

# By rename: a reader sees the old file or the new one.
configure() {
  cat >/etc/memcached.conf.new <<END
# Written by the init script of role memcached at every boot.
-d
-m $1
-p $PORT
-l $ADDRESS
-u memcache
-P $PIDFILE
END
  mv -f /etc/memcached.conf.new /etc/memcached.conf
}

start_alone() {
  mkdir -p "${PIDFILE%/*}"
  stop "$PIDFILE" memcached
  memcached -d -u root -m "$1" -p "$PORT" -l "$ADDRESS" -P "$PIDFILE"
}

# Asks by the protocol; sets VERSION.
answers() {
  local reply=''
  { exec 3<>"/dev/tcp/$ADDRESS/$PORT"; } 2>/dev/null || return 1
  printf 'version\r\n' >&3
  IFS= read -r -t 2 reply <&3 || true
  exec 3>&-
  VERSION=${reply#VERSION }
  VERSION=${VERSION%$'\r'}
  [[ $reply == 'VERSION '* ]]
}

command -v memcached >/dev/null || fail 'memcached is not installed: add the package to the image'
megabytes=$(number memcached_mb 64)
configure "$megabytes"
if can_be_a_service; then
  # The AMI may start it at boot; then it has to read what was just written.
  if answers; then action=restart; else action=start; fi
  service memcached "$action" || fail "service memcached $action ended with status $?"
else
  start_alone "$megabytes"
fi
wait_for 10 answers || fail "memcached doesn't answer on $ADDRESS:$PORT"
say "memcached $VERSION answers on $ADDRESS:$PORT, with $megabytes MB"
