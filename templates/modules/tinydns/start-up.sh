#!/bin/bash
# tinydns, as Debian sets it up: its configuration and records are in /etc/sv/tinydns.
# shellcheck disable=SC2154 # the variables are those of module.yaml
set -euo pipefail
# shellcheck source=SCRIPTDIR/../../module-lib.sh
source "$ROLECALL_LIB"

readonly FOLDER=/etc/sv/tinydns
address tinydns_address
readonly HOST=$REPLY
[[ $'\n'${tinydns_records:-} =~ $'\n'[=+](\*\.)?([A-Za-z0-9._-]+):([0-9.]+) ]] ||
  fail 'tinydns_records needs a line with an address, as in =www.example.com:192.0.2.2 : by asking for it the module proves that tinydns answers'
readonly NAME=${BASH_REMATCH[1]:+rolecall.}${BASH_REMATCH[2]} ADDRESS=${BASH_REMATCH[3]}

# tinydns looks into data.cdb at each question, so new records need no restart. They are compiled aside: a mistake leaves the old.
write_records() {
  local draft said
  draft=$(mktemp -d -- "$FOLDER/root/.new.XXXXXX")
  printf '%s\n' "$tinydns_records" | tr -d '\r' >"$draft/data"
  said=$(cd -- "$draft" && tinydns-data 2>&1) || {
    rm -rf -- "$draft"
    fail "tinydns_records can't be compiled: $said"
  }
  chmod 644 "$draft/data" "$draft/data.cdb"
  mv -f -- "$draft/data" "$draft/data.cdb" "$FOLDER/root/"
  rmdir -- "$draft"
}

run_alone() {
  local pidfile=/run/tinydns.pid
  stop "$pidfile" tinydns
  env -i ROOT="$FOLDER/root" IP="$tinydns_address" UID="$(id -u tinydns)" GID="$(id -g tinydns)" \
    setsid tinydns </dev/null >/dev/null 2>&1 &
  echo $! >"$pidfile"
}

# Whether a question by UDP for the address of NAME gets it, from who has the authority (flags 84 00).
answers() {
  local label query='\x4a\x4a\0\0\0\x01\0\0\0\0\0\0' reply wanted
  local IFS=.
  for label in $NAME; do
    printf -v label '\\x%02x%s' "${#label}" "$label"
    query+=$label
  done
  # shellcheck disable=SC2086 # the four numbers
  printf -v wanted '%02x' $ADDRESS
  exec 3<>"/dev/udp/$HOST/53"
  # By dd, since bash would send a datagram for each newline in it.
  printf '%b' "$query\0\0\x01\0\x01" | dd bs=512 iflag=fullblock status=none >&3 2>/dev/null || return 1
  reply=$({ timeout 1 dd bs=512 count=1 status=none <&3 2>/dev/null || true; } | od -An -v -tx1 | tr -d ' \n')
  exec 3>&-
  [[ $reply =~ ^4a4a8400.*00010001.{8}0004$wanted ]]
}

install_packages --apt 'tinydns runit daemon'
write_file "$FOLDER/conf/IP" 644 <<<"$tinydns_address"
write_records
start_service tinydns run_alone
wait_for 10 answers || fail "tinydns doesn't answer $ADDRESS for $NAME on $HOST, port 53: is the port another server's, such as systemd-resolved's?"
say "tinydns answers on $tinydns_address: $NAME is $ADDRESS"
