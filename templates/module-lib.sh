# shellcheck shell=bash
# What modules share; sourced as $ROLECALL_LIB by their start-up.sh and test.sh, never run. Needs bash >= 5.0.
# Modules run as root with `set -euo pipefail` in a clean environment, and print to a log.

# Seconds between two tries to fetch packages: mirrors stumble, and a machine that boots updates itself.
PACKAGE_WAITS=(2 5 15)
# write_file sets it; start_service then restarts what may run with the old files.
CHANGED=''

# A line for the operator: lines that begin with `rolecall: ` are shown on the machine's console, too.
say() {
  printf 'rolecall: %s\n' "$*"
}

# Ends the module: what is wrong, what was expected, what to do.
fail() {
  printf 'ERROR: %s\n' "$*" >&2
  exit 1
}

# wait_for SECONDS COMMAND...: tries the command until it succeeds, with pauses of a tenth of a second; fails after SECONDS.
wait_for() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    if ((SECONDS >= end)); then return 1; fi
    sleep 0.1
  done
}

# whole VARIABLE LEAST MOST: the variable must be set to a whole number in that range.
whole() {
  local value=${!1:-}
  if [[ $value =~ ^(0|[1-9][0-9]{0,9})$ ]] && ((value >= $2 && value <= $3)); then return 0; fi
  fail "$1 must be a whole number from $2 to $3, and is '$value'"
}

# flag VARIABLE: whether it is true; anything but true and false ends the module.
flag() {
  case ${!1:-} in
  true) ;;
  false) return 1 ;;
  *) fail "$1 must be true or false, and is '${!1:-}'" ;;
  esac
}

# matches VARIABLE REGEX WHAT: the whole of it must match; WHAT says in the error what was expected. Not for secrets.
matches() {
  if [[ ${!1:-} =~ ^($2)$ ]]; then return 0; fi
  fail "$1 must be $3, and is '${!1:-}'"
}

# address VARIABLE: it must be an IPv4 address. Sets REPLY to where this machine reaches what listens there.
address() {
  matches "$1" '((25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\.){3}(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])' 'an IPv4 address such as 127.0.0.1'
  REPLY=${!1/#0.0.0.0/127.0.0.1}
}

# platform NAME...: whether one of the names is this machine's ID or ID_LIKE in os-release (tests have another root).
platform() {
  local key value name found=''
  while IFS='=' read -r key value; do
    value=${value//[\"\']/}
    if [[ $key == ID || $key == ID_LIKE ]]; then found+=" $value "; fi
  done <"${ROLECALL_ROOT:-}/etc/os-release"
  for name in "$@"; do if [[ $found == *" $name "* ]]; then return 0; fi; done
  return 1
}

# install_packages --apt 'NAME...' --dnf 'NAME...': what isn't installed yet; where all is, no network is needed.
install_packages() {
  local manager=dnf name names=() missing=()
  if platform debian; then manager=apt; elif ! platform amzn fedora rhel; then fail 'packages are installed by apt or dnf, and this system has neither: see platforms in module.yaml'; fi
  while (($# > 1)); do
    if [[ $1 == "--$manager" ]]; then read -r -a names <<<"$2"; fi
    shift 2
  done
  for name in ${names[@]+"${names[@]}"}; do "${manager}_has" "$name" || missing+=("$name"); done
  if ((${#missing[@]} > 0)); then retry_install "$manager" "${missing[@]}"; fi
}

# retry_install MANAGER NAME...: until it succeeds, or the manager knows that it never will. Its output is shown where it
# fails: on success it has lines that look like errors, and /var/log has it anyway.
retry_install() {
  local output pause cause
  output=$(mktemp)
  say "installing ${*:2}"
  for pause in "${PACKAGE_WAITS[@]}" ''; do
    if "${1}_install" "${@:2}" >"$output" 2>&1; then
      rm -f -- "$output"
      return 0
    fi
    if grep -qE 'Unable to locate package|has no installation candidate|Unable to find a match' "$output" &&
      ! grep -qE '^(Err:|W: Failed to fetch|E: (Failed to fetch|Could not get lock))' "$output"; then break; fi
    if [[ -n $pause ]]; then sleep "$pause"; fi
  done
  tail -n 20 -- "$output"
  cause=$(grep -m 1 -E '^(E:|Error:)' "$output") || cause='the lines above are its last'
  rm -f -- "$output"
  fail "$1 can't install ${*:2} ($cause): does the machine reach the package mirrors, and has this release the package? Or install it on the AMI"
}

apt_has() {
  [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# The lists are fetched once a boot, and again for every new try: those of an AMI are old, or not there.
apt_install() {
  local fetched=/run/rolecall-apt-fetched
  if [[ ! -e $fetched ]]; then
    if apt_get update; then : >"$fetched"; fi
  fi
  if apt_get install --no-install-recommends "$@"; then return 0; fi
  rm -f -- "$fetched"
  return 1
}

# Nothing asks; changed config files are kept; another apt, as at boot, is waited for.
apt_get() {
  DEBIAN_FRONTEND=noninteractive apt-get --quiet --yes -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold \
    -o Dpkg::Use-Pty=0 -o Acquire::Retries=2 -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 "$@"
}

dnf_has() {
  rpm --query --quiet --whatprovides "$1"
}

dnf_install() {
  dnf --assumeyes --quiet --setopt=install_weak_deps=False install "$@"
}

# write_file PATH MODE [OWNER]: replaces the file with stdin, by rename, where it differs; then sets CHANGED. Give stdin
# with < or <<, since a pipe would be a subshell.
write_file() {
  local new
  mkdir -p -- "${1%/*}"
  new=$(mktemp -- "${1%/*}/.${1##*/}.XXXXXX")
  cat >"$new"
  chmod -- "$2" "$new"
  chown -- "${3:-root:}" "$new"
  if cmp --quiet -- "$new" "$1" && [[ $(stat -c '%a %U' "$new") == "$(stat -c '%a %U' "$1")" ]]; then
    rm -f -- "$new"
  else
    mv -fT -- "$new" "$1"
    CHANGED=yes
  fi
}

# start_service NAME COMMAND...: by systemd, for every boot too; else by its init script; else by the command, which has
# to end what runs already. Restarts the service where files were changed.
start_service() {
  local name=$1 action=${CHANGED:+re}start
  shift
  if [[ -d /run/systemd/system ]]; then
    systemctl daemon-reload
    if systemctl enable --quiet "$name" && systemctl "$action" "$name"; then return 0; fi
    journalctl --unit="$name" --lines=20 --no-pager || true
    fail "systemctl $action $name failed: the lines above are its journal's"
  fi
  # echo: some init scripts leave their line open.
  if [[ -x /etc/init.d/$name ]] && service "$name" "$action" && echo; then return 0; fi
  "$@" || fail "$name can't be started: neither by its init script nor by $1"
}

# listening ADDRESS PORT: whether something takes TCP connections there.
listening() {
  (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null
}

# stop PIDFILE WORD: ends the process named there, if it lives and has WORD in its command line: the file may be older than
# the boot, and the number somebody else's.
stop() {
  local pid=''
  if [[ -r $1 ]]; then read -r pid <"$1" || true; fi
  if [[ $pid =~ ^[1-9][0-9]*$ ]] && grep -qsF -- "$2" "/proc/$pid/cmdline"; then
    kill -- "$pid"
    wait_for 10 gone "$pid" || fail "$2 (process $pid) doesn't stop"
  fi
}

gone() {
  ! kill -0 "$1" 2>/dev/null
}

# talk ADDRESS PORT SECONDS: sends stdin by TCP and prints the answer, until the other side closes or SECONDS are over.
talk() {
  (
    exec 3<>"/dev/tcp/$1/$2" || exit
    cat >&3
    timeout "$3" cat <&3 || (($? == 124))
  ) 2>/dev/null
}
