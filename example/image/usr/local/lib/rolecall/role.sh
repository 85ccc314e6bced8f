# shellcheck shell=bash
# What the role scripts in /etc/rolecall/init/roles share. Sourced, never run.

# A line for the operator: the bootstrapper shows lines that begin with `rolecall: ` on the machine's console.
say() {
  printf 'rolecall: %s\n' "$*"
}

fail() {
  printf 'ERROR: %s\n' "$*" >&2
  exit 1
}

# wait_for SECONDS COMMAND...: tries the command ten times a second until it succeeds.
wait_for() {
  local tries=$(($1 * 10))
  shift
  until "$@"; do
    tries=$((tries - 1))
    if ((tries <= 0)); then return 1; fi
    sleep 0.1
  done
}

# running PIDFILE WORD: whether the process named there lives and has WORD in its command line. A pid file may be left
# from before a reboot, when its number belongs to somebody else.
running() {
  local pid
  { read -r pid <"$1"; } 2>/dev/null || return 1
  [[ $pid =~ ^[0-9]+$ ]] || return 1
  { tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null | grep -qF -- "$2"
}

# stop PIDFILE WORD: ends that process, if it runs, so that a script can be run again.
stop() {
  if running "$1" "$2"; then
    kill -- "$(<"$1")"
    wait_for 5 gone "$1" "$2" || fail "$2 doesn't stop"
  fi
  rm -f -- "$1"
}

gone() {
  ! running "$1" "$2"
}

# number KEY DEFAULT: the personality's value of KEY, which must be a whole number above 0.
number() {
  local value=${!1:-$2}
  [[ $value =~ ^[1-9][0-9]{0,6}$ ]] || fail "$1 must be a whole number from 1 to 9999999, and is $value"
  printf '%s' "$value"
}
