#!/bin/bash
# Perl. Debian's base system and Amazon Linux have a part of it only.
set -euo pipefail
# shellcheck source=SCRIPTDIR/../../module-lib.sh
source "$ROLECALL_LIB"

read -r -a modules <<<"${perl_modules:-}"
for module in ${modules[@]+"${modules[@]}"}; do
  matches module '[A-Za-z_][A-Za-z0-9_]*(::[A-Za-z0-9_]+)*' 'a name in perl_modules such as JSON::XS'
done

loads() {
  perl -e "use $1; 1" 2>/dev/null
}

# JSON::XS is in libjson-xs-perl; in the world of rpm, in what provides perl(JSON::XS).
install_missing() {
  local module debian='' rpms=''
  for module in "$@"; do
    if loads "$module"; then continue; fi
    debian+=" lib$(tr 'A-Z_' 'a-z-' <<<"${module//::/-}")-perl" rpms+=" perl($module)"
  done
  install_packages --apt "$debian" --dnf "$rpms"
}

install_packages --apt perl --dnf perl
install_missing ${modules[@]+"${modules[@]}"}
for module in ${modules[@]+"${modules[@]}"}; do
  loads "$module" || fail "the Perl module $module doesn't load: $(perl -e "use $module" 2>&1 | head -n 1)"
done
answer=$(perl -MDigest::SHA=sha256_hex -MList::Util=sum -e 'print sum(1 .. 100), " ", sha256_hex("rolecall")') || fail 'perl is there, and runs no program'
[[ $answer == "5050 $(printf rolecall | sha256sum | cut -d ' ' -f 1)" ]] || fail "perl computes $answer, which is wrong"
# shellcheck disable=SC2016 # $^V is Perl's
say "perl $(perl -e 'printf "%vd", $^V') runs programs${modules[*]:+, with ${modules[*]}}"
