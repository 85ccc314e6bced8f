#!/bin/bash
# tinydns with its records in /var/lib/tinydns. The distributions' own set-up needs runit, and lacks files on Ubuntu 24.04:
# a unit of our own takes its place.
# shellcheck disable=SC2154 # the variables are those of module.yaml
set -euo pipefail
# shellcheck source=SCRIPTDIR/../../module-lib.sh
source "$ROLECALL_LIB"

readonly FOLDER=/var/lib/tinydns
address tinydns_address
readonly HOST=$REPLY
[[ $'\n'${tinydns_records:-} =~ $'\n'[=+](\*\.)?([A-Za-z0-9._-]+):([0-9.]+) ]] ||
  fail 'tinydns_records needs a line with an address, as in =www.example.com:192.0.2.2 : by asking for it the module proves that tinydns answers'
readonly NAME=${BASH_REMATCH[1]:+rolecall.}${BASH_REMATCH[2]} ADDRESS=${BASH_REMATCH[3]}

# tinydns looks into data.cdb at each question, so new records need no restart. They are compiled aside: a mistake leaves the old.
write_records() {
  local draft said
  draft=$(mktemp -d -- "$FOLDER/.new.XXXXXX")
  printf '%s\n' "$tinydns_records" | tr -d '\r' >"$draft/data"
  said=$(cd -- "$draft" && tinydns-data 2>&1) || {
    rm -rf -- "$draft"
    fail "tinydns_records can't be compiled: $said"
  }
  chmod 644 "$draft/data" "$draft/data.cdb"
  mv -f -- "$draft/data" "$draft/data.cdb" "$FOLDER/"
  rmdir -- "$draft"
}

run_alone() {
  local pidfile=/run/tinydns.pid
  if [[ -z $CHANGED ]] && answers; then return 0; fi
  stop "$pidfile" tinydns
  env -i PATH="$PATH" ROOT="$FOLDER" IP="$tinydns_address" UID="$(id -u tinydns)" GID="$(id -g tinydns)" setsid tinydns </dev/null >/dev/null 2>&1 &
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

# Before the installation, which may start it.
write_unit() {
  write_file /etc/systemd/system/tinydns.service 644 <<END
# Written by rolecall's module tinydns.
[Unit]
Description=DNS server tinydns
After=network-online.target
Wants=network-online.target

[Service]
ExecStart=/bin/sh -c 'UID=\$(id -u tinydns) GID=\$(id -g tinydns) exec tinydns'
Environment=ROOT=$FOLDER IP=$tinydns_address
Restart=on-failure
ProtectSystem=strict
ProtectHome=yes
PrivateDevices=yes
NoNewPrivileges=yes

[Install]
WantedBy=multi-user.target
END
}

mkdir -p -- "$FOLDER"
write_unit
install_packages --apt tinydns
write_records
# Never by the package's init script, which would want runit.
if [[ -d /run/systemd/system ]]; then start_service tinydns; else run_alone; fi
wait_for 10 answers || fail "tinydns doesn't answer $ADDRESS for $NAME on $HOST, port 53: is the port another server's, such as systemd-resolved's?"
say "tinydns answers on $tinydns_address: $NAME is $ADDRESS"
