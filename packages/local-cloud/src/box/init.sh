#!/bin/bash
# The init of a local box: the AMI's boot sequence, then PID 1 until the machine is shut down.
#
#   init.sh TITLE
#
# What a real machine does between kernel and login prompt, as far as a launch can see it: cloud-init runs a `#!`
# payload once, then rc.local. The systemd unit of the bootstrapper is not run, because no systemd is here; rc.local
# starts the same bootstrapper. Line formats: cloud-init 22.4 to 24.x and Debian's journal on the console.
set -uo pipefail
umask 022
cd /
exec </dev/null >/dev/console 2>&1

readonly METADATA=169.254.169.254
readonly BOOT_US=${EPOCHREALTIME/./}

# --- the console ---------------------------------------------------------------------------------------------------

# uptime VARIABLE: seconds since boot, as the kernel prints them.
uptime() {
  local us=$((${EPOCHREALTIME/./} - BOOT_US))
  printf -v "$1" '%5d.%06d' $((us / 1000000)) $((us % 1000000))
}

say() {
  local now
  uptime now
  printf '[%s] %s\n' "$now" "$*"
}

# Tags each line of stdin; stops at the token, but goes on in the background when something else still writes.
tag() {
  local name=$1 token=$2 log=$3 line
  while IFS= read -r line || [[ -n $line ]]; do
    if [[ $line == *"$token" ]]; then
      line=${line%"$token"}
      [[ -z $line ]] || tagged_line "$name" "$line" "$log"
      tag "$name" "$token" "$log" <&0 &
      return
    fi
    tagged_line "$name" "$line" "$log"
  done
}

tagged_line() {
  say "$1: $2"
  [[ -z $3 ]] || printf '%s\n' "$2" >>"$3"
}

# tagged NAME LOG COMMAND...: its output on the console as `[   12.345678] NAME[PID]: text`. Returns its status once
# every line it printed is on the console; a daemon it leaves behind keeps its tag and holds nothing up.
tagged() {
  local name=$1 log=$2 token out tagger status
  read -r token </proc/sys/kernel/random/uuid
  shift 2
  # At shutdown it is the last to go: deaf to SIGTERM, it ends when nobody writes to it any more.
  exec {out}> >(trap '' TERM && IFS= read -r pid && tag "${name}[$pid]" "$token" "$log")
  tagger=$!
  (
    printf '%s\n' "$BASHPID"
    exec </dev/null {out}>&-
    "$@"
  ) >&"$out" 2>&1
  status=$?
  printf '%s\n' "$token" >&"$out"
  exec {out}>&-
  wait "$tagger"
  return "$status"
}

# --- the metadata service ------------------------------------------------------------------------------------------

# request METHOD PATH HEADER: the body on stdout, byte for byte; status 1 unless the answer is 200.
request() {
  local socket status line
  exec {socket}<>"/dev/tcp/$METADATA/80" || return 1
  printf '%s %s HTTP/1.0\r\n%s\r\n\r\n' "$1" "$2" "$3" >&"$socket"
  IFS=' ' read -r _ status _ <&"$socket"
  while IFS= read -r line <&"$socket" && [[ $line != $'\r' ]]; do :; done
  cat <&"$socket"
  exec {socket}>&-
  [[ $status == 200 ]]
}

# --- cloud-init ----------------------------------------------------------------------------------------------------

readonly INSTANCE=/var/lib/cloud/instance

cloud_init() {
  local stage=0
  stamp "running 'modules:final'"
  user_data || stage=1
  # As the real one does, also after a failure.
  stamp finished
  return "$stage"
}

stamp() {
  local now date
  uptime now
  printf -v date '%(%a, %d %b %Y %H:%M:%S +0000)T' -1
  local source=''
  [[ $1 != finished ]] || source=' Datasource DataSourceEc2Local. '
  printf 'Cloud-init v. 0-rolecall-box %s at %s.%s Up %s seconds\n' "$1" "$date" "$source" "${now// /}"
}

warn() {
  local date
  printf -v date '%(%Y-%m-%d %H:%M:%S)T' -1
  printf '%s,%s - %s[WARNING]: %s\n' "$date" "${EPOCHREALTIME:11:3}" "$1" "$2"
}

user_data() {
  local token file=$INSTANCE/user-data.txt first='' status
  mkdir -p "$INSTANCE/scripts"
  token=$(request PUT /latest/api/token 'X-aws-ec2-metadata-token-ttl-seconds: 600') || {
    warn url_helper.py "no answer from the metadata service at $METADATA"
    return 1
  }
  # As cloud-init makes it: user data holds secrets, and not all that runs on a machine is root.
  (umask 077 && : >"$file")
  # 404: the launch gave none.
  request GET /latest/user-data "X-aws-ec2-metadata-token: $token" >"$file" || return 0
  { IFS= read -r first <"$file"; } 2>/dev/null
  case $first in
    '#!'*) run_script "$file" ;;
    '#include'* | '#cloud-'* | '#part-handler'* | '## template:'* | '#upstart-job'* | 'Content-Type:'* | 'MIME-Version:'* | $'\x1f\x8b'*)
      printf 'rolecall local box: user data in this format of cloud-init is not run here: %.24q\n' "$first"
      ;;
    *)
      printf -v first '%s' "${first:0:24}"
      warn __init__.py "Unhandled non-multipart (text/x-not-multipart) userdata: 'b'$first'...'"
      ;;
  esac
}

# Once per instance; a local box boots once.
run_script() {
  local part=$INSTANCE/scripts/part-001 status
  cp "$1" "$part"
  chmod 0700 "$part"
  "$part"
  status=$?
  ((status != 0)) || return 0
  warn subp.py "Failed running $part [$status]"
  warn cc_scripts_user.py "Failed to run module scripts_user (scripts in $INSTANCE/scripts)"
  warn util.py "Running module scripts_user (<module 'cloudinit.config.cc_scripts_user'>) failed"
  return 1
}

# --- the way out ---------------------------------------------------------------------------------------------------

# Where there is one, what starts with an environment of its own finds it too: logins, and apt after `env -i`.
way_out() {
  [[ -n ${http_proxy:-} ]] || return 0
  local name
  {
    grep -viE '^[[:space:]]*(export[[:space:]]+)?(all|ftp|http|https|no)_proxy=' /etc/environment 2>/dev/null
    for name in {http,https,no}_proxy {HTTP,HTTPS,NO}_PROXY; do
      printf '%s=%s\n' "$name" "${!name}"
    done
  } | replace /etc/environment
  # apt reads this file last: the proxy that the host's own files name can't be reached from here.
  {
    cat /etc/apt/apt.conf 2>/dev/null
    for name in http https; do
      printf '#clear Acquire::%s::Proxy%s;\n' "$name" '' "$name" -Auto-Detect
      printf 'Acquire::%s::Proxy "%s";\n' "$name" "$http_proxy"
    done
  } | replace /etc/apt/apt.conf
}

# By rename: a limited box can replace the host's files, not write to them.
replace() {
  [[ -d ${1%/*} ]] || return 0
  cat >"$1.rolecall" && mv -f "$1.rolecall" "$1"
}

# --- boot and shutdown ---------------------------------------------------------------------------------------------

boot() {
  say "$1"
  tagged cloud-init /var/log/cloud-init-output.log cloud_init
  if [[ -x /etc/rc.local ]]; then
    if tagged rc.local '' /etc/rc.local start; then
      printf '[  OK  ] Started rc-local.service - /etc/rc.local Compatibility.\n'
    else
      printf '[FAILED] Failed to start rc-local.service - /etc/rc.local Compatibility.\n'
    fi
  fi
  say 'rolecall local box: boot is over'
}

# Asks everything to end, waits a second at most, and leaves; the kernel ends what is left with its init.
shut_down() {
  trap '' PWR
  : >/run/rolecall-box/shutting-down
  say 'rolecall local box: shutting down'
  kill -TERM -1
  local turn
  for ((turn = 0; turn < 20; turn++)); do
    set -- /proc/[0-9]*
    (($# > 1)) || break
    read -r -t 0.05 <> <(:)
  done
  say 'reboot: Power down'
  exit 0
}

# A handler rather than "ignore", which children would inherit. A stray `kill 1` doesn't end a machine.
trap : TERM INT HUP
trap shut_down PWR

way_out
boot "$1" &
# Bash reaps whatever is reparented to it; `wait` is what a signal can interrupt.
while :; do
  sleep infinity &
  keeper=$!
  while kill -0 "$keeper" 2>/dev/null; do wait "$keeper"; done
done
