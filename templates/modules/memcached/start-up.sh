#!/bin/bash
# memcached, with the memory and on the address that the role says.
# shellcheck disable=SC2154 # the variables are those of module.yaml
set -euo pipefail
# shellcheck source=SCRIPTDIR/../../module-lib.sh
source "$ROLECALL_LIB"

readonly PIDFILE=/run/memcached/memcached.pid

whole memcached_mb 1 1000000
whole memcached_port 1 65535
whole memcached_connections 1 1000000
address memcached_address
readonly HOST=$REPLY

# The package's init script and unit read this file; on Amazon Linux they read another.
configure() {
  if platform debian; then
    write_file /etc/memcached.conf 644 <<END
# Written by rolecall's module memcached.
-d
-m $memcached_mb
-p $memcached_port
-l $memcached_address
-c $memcached_connections
-u memcache
-P $PIDFILE
END
  else
    write_file /etc/sysconfig/memcached 644 <<END
# Written by rolecall's module memcached.
PORT="$memcached_port"
USER="memcached"
MAXCONN="$memcached_connections"
CACHESIZE="$memcached_mb"
OPTIONS="-l $memcached_address"
END
  fi
}

run_alone() {
  local user=memcached
  if [[ -z $CHANGED ]] && answers; then return 0; fi
  if platform debian; then user=memcache; fi
  stop "$PIDFILE" memcached
  install -d -o "$user" "${PIDFILE%/*}"
  memcached -d -u "$user" -m "$memcached_mb" -p "$memcached_port" -l "$memcached_address" \
    -c "$memcached_connections" -P "$PIDFILE"
}

# Whether it answers with the memory that was asked for. Sets VERSION.
answers() {
  local reply
  reply=$(printf 'version\r\nstats settings\r\nquit\r\n' | talk "$HOST" "$memcached_port" 2 | tr -d '\r') || return 1
  VERSION=$(sed -n 's/^VERSION //p' <<<"$reply")
  [[ -n $VERSION && $reply == *"STAT maxbytes $((memcached_mb * 1024 * 1024))"* ]]
}

install_packages --apt memcached --dnf memcached
configure
start_service memcached run_alone
wait_for 10 answers ||
  fail "memcached doesn't answer on $HOST:$memcached_port with $memcached_mb MiB: is the port taken, or the memory too much?"
say "memcached $VERSION answers on $memcached_address:$memcached_port, with $memcached_mb MiB"
