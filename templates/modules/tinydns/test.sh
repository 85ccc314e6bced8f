#!/bin/bash
# dig gets records of every kind, also one that is added while tinydns runs, and none that isn't there.
# shellcheck disable=SC2154 # the variables are those of module.yaml
set -euo pipefail
# shellcheck source=SCRIPTDIR/../../module-lib.sh
source "$ROLECALL_LIB"

address tinydns_address
readonly HOST=$REPLY
install_packages --apt bind9-dnsutils

ask() {
  dig +short +norecurse +time=2 +tries=2 "@$HOST" "$@"
}

added=$tinydns_records$'\n=added.rolecall.test:192.0.2.7\n\x27text.rolecall.test:sesame\n@rolecall.test::mail.rolecall.test:10\n.rolecall.test::ns.rolecall.test'
tinydns_records=$added bash start-up.sh
[[ $(ask added.rolecall.test A) == 192.0.2.7 ]] || fail 'no address of a host that was added'
[[ $(ask text.rolecall.test TXT) == '"sesame"' ]] || fail 'no text'
[[ $(ask rolecall.test MX) == '10 mail.rolecall.test.' ]] || fail 'no mail server'
[[ $(dig +norecurse "@$HOST" nothing.rolecall.test) == *'status: NXDOMAIN'* ]] || fail "a name that isn't there is no NXDOMAIN"
bash start-up.sh
if ask added.rolecall.test A | grep -q '^192'; then fail 'a record that was taken out is still told'; fi
say 'dig gets what the records say, from when they change on'
