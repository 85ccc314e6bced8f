#!/bin/bash
# rolecall's start-up script (scheme B): the user data of machines of any AMI that runs `#!` user data. Fetches this
# launch's start-up bundle, checks and decrypts it, and runs its modules; docs/bundles.md.
#
# Needs bash >= 5.0, curl >= 7.68, openssl >= 1.1.1, coreutils, GNU tar, findutils, and gzip or zstd.
# rolecall fills in the settings; comments that have a line of their own don't go into the payload.

# No trace: it would show the key. And no environment that the caller may have prepared.
set +xv -euo pipefail
shopt -s extglob nullglob
export -n SHELLOPTS rolecall_nonce rolecall_bundle_url rolecall_bundle_key
export LC_ALL=C
# No core file may hold the key.
ulimit -c 0

# Tests run it under another root.
ROOT=${ROLECALL_ROOT:-}
# Seconds between two tries to fetch.
WAITS=(0.5 1 2 4 8 16)
# ---- settings: rolecall writes this block anew for each launch
rolecall_launch=launch-id
rolecall_nonce=00000000000000000000000000000000
rolecall_bundle_url='https://bucket.s3.eu-central-1.amazonaws.com/bundles/launch-id/...'
rolecall_bundle_key=0000000000000000000000000000000000000000000000000000000000000000
rolecall_bundle_sha256=0000000000000000000000000000000000000000000000000000000000000000
rolecall_bundle_compression=gzip
personality=(environment=prod role=queue context=b)
# ---- end of settings

RUN='' SEQ=0 STEP=bundle.fetch STATED='' STARTED=0 STEP_STARTED=0 FAILURE='' LOG='' OUTPUT='' WORK='' CHILD='' REST='' SAID=0 SINKS=() MARKS=''
BASE=$ROOT/var/lib/rolecall/$rolecall_launch
BUNDLE=$BASE/start-up-bundle
LOGS=$ROOT/var/log/rolecall
# A member that may be in a bundle, as tar lists it.
MEMBER='^[-dl][^ ]* +[^ ]+ +[0-9]+ +[^ ]+ +[^ ]+ start-up-bundle(/|$)'
# A module's name, seconds and systems. The name becomes a part of a marker.
MODULE='^[A-Za-z0-9_:-][A-Za-z0-9_.:-]{0,40}( [1-9][0-9]{0,5}( [a-z0-9_.,-]+)?)?$'
WORDS='(^|[^a-z])(e:|error|fatal|fail|failed|failure|cannot|can.t|could not|unable|denied|refused|not found|no such'
WORDS+='|unbound variable|invalid|panic|exception|timed out)([^a-z]|$)'

# Sets REPLY to the milliseconds since 1970.
now_ms() {
  REPLY=$((${EPOCHREALTIME/./} / 1000))
}

# Sets REPLY to the milliseconds since $1; to 0 where the clock was set meanwhile.
ms_since() {
  REPLY=$((${EPOCHREALTIME/./} / 1000 - $1))
  if ((REPLY < 0 || REPLY >= 10 ** 12)); then REPLY=0; fi
}

# Fills SINKS with the devices to print to beside stdout. Opening a serial port may wait forever.
find_consoles() {
  local device
  for device in "$ROOT"/dev/console "$ROOT"/dev/ttyS0; do
    # shellcheck disable=SC2016 # $1 is the inner shell's
    if [[ -w $device && ! /dev/fd/1 -ef $device && ! ${SINKS[0]:-/} -ef $device ]] &&
      timeout 2 bash -c 'printf "\n" >>"$1"' - "$device" 2>/dev/null; then SINKS+=("$device"); fi
  done
}

# Prints $1. A device is opened in a subshell, since a session's leader would make a terminal its own.
print() {
  local sink
  printf '%s' "$1" 2>/dev/null || true
  for sink in ${SINKS[@]+"${SINKS[@]}"}; do (printf '%s' "$1" >>"$sink") 2>/dev/null || true; done
}

# Sets REPLY to $1 with nothing that could act on a terminal, pass for a marker, or tell what is secret.
harmless() {
  local text=${1:0:1600}
  text=${text//$'\e['*([0-9;?])[A-Za-z]/}
  text=${text//$'\t'/ }
  text=${text//[[:cntrl:]]/?}
  text=${text//<<rc1/< <rc1}
  text=${text//"$rolecall_nonce"/[nonce]}
  text=${text//"$rolecall_bundle_key"/[key]}
  text=${text//"$rolecall_bundle_url"/[url]}
  REPLY=${text:0:400}
}

# A line for people.
say() {
  harmless "$1"
  print "rolecall[$STEP]: $REPLY"$'\n'
}

# Prints the marker of EVENT $1, $2 times. The nonce goes through a pipe, never through an argv.
mark() {
  local now=${EPOCHREALTIME/./} body mac text='' count
  SEQ=$((SEQ + 1))
  body="$rolecall_launch $RUN $SEQ ${now:0:-6}.${now: -6:3} $1"
  mac=$(printf '%s|%s' "$rolecall_nonce" "$body" | sha256)
  for ((count = 0; count < ${2:-1}; count++)); do text+=$'\n'"<<rc1 $body ${mac:0:16}>>"$'\n'; done
  MARKS+="<<rc1 $body ${mac:0:16}>>"$'\n'
  print "$text"
}

# Sends nothing, unless the bundle brings another one.
beacon() {
  :
}

sha256() {
  if command -v sha256sum >/dev/null; then sha256sum; else openssl dgst -sha256 -r; fi
}

# step NAME COMMAND...: runs a step.
step() {
  local name=$1
  shift
  begin_step "$name"
  "$@"
  end_step
}

begin_step() {
  STEP=$1 LOG='' OUTPUT='' FAILURE=''
  now_ms
  STEP_STARTED=$REPLY
  mark "start $STEP"
}

end_step() {
  ms_since "$STEP_STARTED"
  mark "end $STEP 0 $REPLY"
}

# Ends the run: die MESSAGE [STATUS]. The EXIT trap reports it.
die() {
  FAILURE=$1
  exit "${2:-1}"
}

# Sets FAILURE to the line of what the step printed that most looks like the cause, TEXT to its last 40 lines for the console.
read_log() {
  local line lines found=''
  mapfile -t lines < <(if [[ -n $LOG ]]; then tail -c 65536 -- "$LOG"; else printf '%s\n' "$OUTPUT"; fi | tr -d '\000')
  for line in ${lines[@]+"${lines[@]}"}; do
    if [[ ${line,,} =~ $WORDS ]]; then
      found=$line
      break
    fi
    if [[ $line == *[![:space:]]* ]]; then found=$line; fi
  done
  FAILURE=${FAILURE:-${found:-it printed nothing}}
  if ((${#lines[@]} > 40)); then lines=("${lines[@]: -40}"); fi
  for line in ${lines[@]+"${lines[@]}"}; do
    harmless "$line"
    TEXT+="rolecall[$STEP]| $REPLY"$'\n'
  done
}

on_exit() {
  local status=$? TEXT=''
  trap - EXIT ERR
  trap '' TERM INT HUP
  set +e
  if ((status != 0)) && [[ -z $STATED ]]; then
    ms_since "$STEP_STARTED"
    mark "end $STEP $status $REPLY"
    if [[ -n $LOG$OUTPUT ]]; then read_log; fi
    harmless "${FAILURE:-the script broke off at its line ${BROKEN:-?}}"
    print "${TEXT}ERROR Bootstrapping failed at step $STEP (status $status): $REPLY"$'\n'
    ms_since "$STARTED"
    mark "verdict failed $STEP $status $REPLY" 3
    beacon failed "$STEP"
  fi
  rm -rf -- "$WORK"
  # What was secret in the bundle has been told to its module.
  rm -f -- "$BUNDLE"/*/.variables
  exit "$status"
}

on_signal() {
  trap '' TERM INT HUP
  if [[ -n $CHILD ]]; then kill -TERM "$CHILD" 2>/dev/null || true; fi
  die "stopped by SIG$1" "$2"
}

# An older bash stumbles over EPOCHREALTIME; here it can still say so.
check_bash() {
  local text
  if (($1 >= 5)); then return 0; fi
  print "ERROR Bootstrapping failed at step $STEP (status 1): bash $BASH_VERSION is too old, 5.0 is needed"$'\n'
  printf -v text '\n<<rc1 - %04x%04x 1 %s verdict failed %s 1 0 ->>\n' "$RANDOM" "$RANDOM" "$(date +%s)" "$STEP"
  print "$text$text$text"
  exit 1
}

start_run() {
  PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  trap on_exit EXIT
  trap 'on_signal TERM 143' TERM
  trap 'on_signal INT 130' INT
  trap 'on_signal HUP 129' HUP
  # A reader of stdout that went away must not end us; unlike '', a handler is not inherited.
  trap : PIPE
  set -o errtrace
  trap 'BROKEN=$LINENO' ERR
  RUN=$(od -An -N4 -tx4 /dev/urandom 2>/dev/null | tr -d ' \n') || true
  if [[ ! $RUN =~ ^[0-9a-f]{8}$ ]]; then printf -v RUN '%04x%04x' "$RANDOM" "$RANDOM"; fi
  now_ms
  STARTED=$REPLY STEP_STARTED=$REPLY
  find_consoles
  mark 'begin start-up-bundle'
}

# ---------------------------------------------------------------- the bundle
# curl gets the URL by a pipe: whoever has it and the key has the bundle.
fetch() {
  local name pause status code
  for name in "$rolecall_bundle_compression" chmod curl env find grep mkdir mktemp od openssl rm sleep stat tail tar timeout tr; do
    command -v "$name" >/dev/null || die "missing on this AMI: $name"
  done
  mkdir -p -- "$BASE" "$LOGS" || die "can't make the folder $BASE: user data runs as root"
  chmod 700 -- "$BASE"
  # What is printed goes to a log, too.
  if (umask 027 && : >"$LOGS/start-up.log") 2>/dev/null; then SINKS+=("$LOGS/start-up.log"); fi
  WORK=$(umask 077 && mktemp -d "$BASE/work.XXXXXX")
  for pause in "${WAITS[@]}" ''; do
    status=0
    # In the background, since a signal is handled at once only while we wait.
    curl -q --config <(printf 'url = "%s"\n' "$rolecall_bundle_url") --silent --show-error --connect-timeout 10 \
      --speed-limit 1024 --speed-time 30 --proto '=https,http' --output "$WORK/sealed" --write-out '%{http_code}' \
      </dev/null >"$WORK/code" 2>"$WORK/said" &
    CHILD=$!
    wait "$CHILD" || status=$?
    CHILD='' code=$(<"$WORK/code")
    if ((status == 0)) && [[ $code == 200 ]]; then return; fi
    if ((status != 0)); then
      IFS= read -r FAILURE <"$WORK/said" || FAILURE="curl ended with status $status"
    else
      # S3 says why in XML; a proxy on the way may say anything, or nothing.
      FAILURE="the answer is $code$(tr -d '\000\r\n' 2>/dev/null <"$WORK/sealed" | grep -aoE '<(Code|Message)>[^<]*' | tr '\n' ' ')" || true
      case $code in 4[013]?) if [[ $code != 408 ]]; then break; fi ;; esac
    fi
    if [[ -n $pause ]]; then sleep "$pause"; fi
  done
  # 23: the disk is full.
  if ((status == 23)); then die "no room on the disk for the start-up bundle: $FAILURE"; fi
  case $code in
  403) die "the start-up bundle's URL is refused (its time is up, or the credentials that signed it are gone): $FAILURE" ;;
  404) die "the start-up bundle isn't there any more: $FAILURE" ;;
  *) die "the start-up bundle can't be fetched: $FAILURE" ;;
  esac
}

verify() {
  local found
  found=$(sha256 <"$WORK/sealed")
  if [[ ${found%% *} == "$rolecall_bundle_sha256" ]]; then return; fi
  die "this is not the start-up bundle of this launch: its SHA-256 begins ${found:0:12} ($(stat -c %s "$WORK/sealed") bytes), and ${rolecall_bundle_sha256:0:12} was expected"
}

decrypt() {
  # What is said is kept in memory: the disk may be full.
  if ! OUTPUT=$(openssl enc -d -aes-256-cbc -pbkdf2 -pass fd:3 -in "$WORK/sealed" -out "$WORK/bundle" \
    3< <(printf '%s\n' "$rolecall_bundle_key") 2>&1); then
    if [[ $OUTPUT == *'error writing'* ]]; then die 'no room on the disk for the start-up bundle'; fi
    die "the start-up bundle can't be decrypted: a wrong key, or an openssl older than 1.1.1 ($(openssl version 2>&1))"
  fi
  rm -f -- "$WORK/sealed"
}

# Nothing but folders, files, and links that stay inside. Names are looked at before anything is written.
unpack() {
  local line link target files
  OUTPUT=$(tar --list --verbose --quoting-style=escape --numeric-owner --use-compress-program="$rolecall_bundle_compression" --file="$WORK/bundle" 2>&1 >"$WORK/members") ||
    die "the start-up bundle can't be read"
  while IFS= read -r line; do
    if [[ $line == l* ]]; then line=${line%% -> *}; fi
    if [[ ! $line =~ $MEMBER || $line =~ /\.\.(/|$) ]]; then die "the start-up bundle holds what no bundle may: ${line##* [0-9][0-9]:[0-9][0-9] }"; fi
  done <"$WORK/members"
  rm -rf -- "$BUNDLE"
  if ! OUTPUT=$(tar --extract --no-same-owner --use-compress-program="$rolecall_bundle_compression" --directory="$BASE" --file="$WORK/bundle" 2>&1); then
    rm -rf -- "$BUNDLE"
    if [[ $OUTPUT =~ 'No space left'|'Wrote only' ]]; then die "the start-up bundle can't be unpacked: no room on the disk"; fi
    die "the start-up bundle can't be unpacked"
  fi
  while IFS= read -r -d '' link; do
    target=$(readlink -- "$link")
    if [[ $target == /* || $(readlink -m -- "$link") != "$(readlink -f -- "$BUNDLE")"/* ]]; then
      rm -rf -- "$BUNDLE"
      die "the start-up bundle holds a link that leaves it: ${link#"$BUNDLE/"}"
    fi
  done < <(find "$BUNDLE" -type l -print0)
  files=$(grep -c '^-' "$WORK/members") || true
  rm -f -- "$WORK/bundle"
  print "Unpacked: $files files"$'\n'
  # shellcheck source=/dev/null
  if [[ -n ${rolecall_beacon_url:-} && -f $BUNDLE/.lib/beacon.sh ]]; then . "$BUNDLE/.lib/beacon.sh"; fi
}

# ---------------------------------------------------------------- modules
# Whether this machine is one of $1: os-release's ID and ID_LIKE, between commas.
fits() {
  local ID='' ID_LIKE='' line one
  while IFS='=' read -r line one; do
    one=${one//[\"\']/}
    case $line in ID) ID=$one ;; ID_LIKE) ID_LIKE=$one ;; esac
  done <"$ROOT/etc/os-release" || true
  for one in $ID $ID_LIKE; do
    if [[ ,$1, == *,$one,* ]]; then return 0; fi
  done
  die "this module runs on ${1//,/, }, and this machine is ${ID:-unknown}"
}

# Becomes the module, in a clean environment, which no argv shows. `timeout` gives it a process group of its own, and
# passes on the signals that it gets itself. Daemons get neither our descriptors nor our traps.
run_module() {
  local pair name keep=" http_proxy https_proxy no_proxy "
  trap - EXIT ERR TERM INT HUP PIPE
  set +e
  for name in $(compgen -e); do if [[ $keep != *" $name "* ]]; then unset "$name"; fi; done
  cd -- "$BUNDLE/$1" || exit
  export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
    ROLECALL_MODULE="$1" ROLECALL_BUNDLE_DIR="$BUNDLE" ROLECALL_LIB="$BUNDLE/.lib/module-lib.sh" rolecall_launch
  for pair in "${personality[@]}"; do export "${pair?}"; done
  if [[ -f .variables ]]; then
    while IFS= read -r -d '' pair; do
      if [[ $pair =~ ^[a-z][a-z0-9_]*= ]]; then export "${pair?}"; fi
    done <.variables
  fi
  exec timeout --kill-after=10 "$2" bash start-up.sh 6<&- 7<&- 8<&-
}

# Prints the module's new summaries (`rolecall: text`), read from its log on fd 7: a daemon may keep its stdout.
summaries() {
  local line
  while :; do
    IFS= read -r line <&7 || { REST+=$line && return; }
    line=$REST$line REST=''
    if [[ $line != 'rolecall: '* ]]; then continue; fi
    SAID=$((SAID + 1))
    # EC2 keeps 64 KB of console: a talkative module must not push the markers out.
    if ((SAID <= 100)); then say "${line#rolecall: }"; fi
  done
}

# module NAME [SECONDS [SYSTEMS]]
module() {
  local log=$LOGS/module.$1.log seconds=${2:-600} status=0 group _
  if [[ ! $* =~ $MODULE ]]; then
    begin_step modules
    die "a line of modules.list must be NAME [SECONDS [SYSTEMS]], and is '$*': start-up-bundle/NAME holds the module's start-up.sh"
  fi
  begin_step "module.$1"
  print "Starting module $1: via $1/start-up.sh"$'\n'
  if [[ ! -f $BUNDLE/$1/start-up.sh ]]; then die "there is no $1/start-up.sh in the bundle"; fi
  if [[ -n ${3:-} ]]; then fits "$3"; fi
  (umask 027 && : >"$log") 2>/dev/null || die "can't write $log: is there room on the disk?"
  LOG=$log SAID=0 REST=''
  exec 7<"$LOG"
  run_module "$1" "$seconds" </dev/null >>"$LOG" 2>&1 &
  CHILD=$!
  while kill -0 "$CHILD" 2>/dev/null; do
    summaries
    # A pause without a process: nobody ever writes there.
    read -r -t 0.05 -u 8 _ || true
  done
  wait "$CHILD" || status=$?
  group=$CHILD CHILD=''
  if ((status == 124 || status == 137)); then
    ms_since "$STEP_STARTED"
    if ((REPLY >= seconds * 1000)); then
      # Those of its children that didn't listen to SIGTERM.
      kill -KILL -- "-$group" 2>/dev/null || true
      FAILURE="the module was not done after $seconds s, and was ended" status=124
    fi
  fi
  summaries
  exec 7<&-
  if ((status != 0)); then exit "$status"; fi
  LOG=''
  print "Finished starting module $1"$'\n'
  end_step
}

# In the order of modules.list; without it, that of the names.
modules() {
  local name seconds platforms
  mkfifo -- "$WORK/pause"
  exec 8<>"$WORK/pause"
  if [[ -f $BUNDLE/modules.list ]]; then
    # Its last line may lack the newline.
    while IFS=$' \t\r' read -r -u 6 name seconds platforms || [[ -n $name ]]; do
      if [[ -n $name ]]; then module "$name" ${seconds:+"$seconds"} ${platforms:+"$platforms"}; fi
    done 6<"$BUNDLE/modules.list"
  else
    for name in "$BUNDLE"/*/start-up.sh; do
      name=${name%/start-up.sh}
      module "${name##*/}"
    done
  fi
  if [[ $STEP == bundle.unpack ]]; then
    begin_step modules
    die 'the bundle holds no module: nothing would be started'
  fi
}

main() {
  local last
  check_bash "${BASH_VERSINFO[0]}"
  start_run
  step bundle.fetch fetch
  step bundle.verify verify
  step bundle.decrypt decrypt
  step bundle.unpack unpack
  modules
  last=$STEP
  ms_since "$STARTED"
  STATED=yes
  mark "verdict ok $last 0 $REPLY" 3
  beacon ok "$last"
}

if [[ ${BASH_SOURCE[0]:-$0} == "$0" ]]; then main; fi
