#!/bin/bash
# rolecall's bootstrapper (scheme A): reads this machine's user data, deploys the build that is meant for it, runs the init
# script that fits it, and says on the console how that went. Installed on the AMI as
# /usr/local/sbin/rolecall-bootstrapper; docs/bootstrapper.md.
#
# Needs bash >= 5.0, curl >= 7.68, coreutils, findutils, grep, sed, util-linux (flock), and sha256sum or openssl; to deploy builds also GNU tar,
# findutils, and gzip or zstd, whichever the builds are compressed with.
# User data is read, matched and passed on; it is never evaluated nor sourced.

set -euo pipefail
shopt -s extglob
# In the C locale a range such as a-z means ASCII, and EPOCHREALTIME has a point.
export LC_ALL=C

# Tests run it under another root.
ROOT=${ROLECALL_ROOT:-}
SCHEME=personality LIB=yes
# Seconds between two tries to get something from S3.
S3_WAITS=(0.5 1 2 4 8)
BOX_PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
USER_DATA_LIMIT=16384
LOG_GENERATIONS=4
# Of each file in a boot log.
LOG_BYTES=1300000
KEY='^[a-z][a-z0-9_]{0,63}$'
PATH_NAME='^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'
NONCE_VALUE='^[0-9a-f]{32}$'
SECONDS_VALUE='^[1-9][0-9]{0,6}$'
SHA256_VALUE='^[0-9a-f]{64}$'
BASE64_VALUE='^[A-Za-z0-9+/=]*$'
ORDINARY_VALUE='^[A-Za-z0-9 ._:,/@%+=~-]*$'
URL_VALUE='^[]A-Za-z0-9._~:/?#@!&()*+,;=%[-]*$'

# ---- parts: each file is put in here when the bootstrapper is joined into one file
. parts/clock.sh
. parts/consoles.sh
. parts/markers.sh
. parts/steps.sh
. parts/signals.sh
. parts/children.sh
. parts/strong-forms.sh
. parts/recordable.sh
. parts/recorder.sh
. parts/records.sh
. parts/source-text.sh
. parts/cause.sh
. parts/excerpt.sh
. parts/processes.sh
. parts/doing.sh
. parts/deadline.sh
. parts/logs.sh
. parts/beacons.sh
. bootstrapper/metadata.sh
. bootstrapper/user-data.sh
. bootstrapper/settings.sh
. bootstrapper/init.sh
# Entered only on a machine that deploys an app.
. bootstrapper/s3.sh
. bootstrapper/deploy.sh

# The state of one run.
reset_state() {
  # Where the caller exported a variable of the same name, ours would be exported too.
  export -n NONCE TOKEN LAUNCH AWS_KEY AWS_SECRET AWS_TOKEN BEACON MASKS
  RUN='' SEQ=0 STEP=metadata RUN_AT=0 STEP_AT=0
  LAUNCH='' NONCE='' SIGNER=pending PENDING=() SINKS=() VERDICT='' VERDICT_AT='' MARKER='' MAC='' TOLD='' LOGS=()
  TOKEN='' HTTP_STATUS=000 HTTP_REQUEST='' HTTP_ERROR='' HTTP_BODY=''
  WORK='' INSTANCE_ID='' CHILD='' SIGNALED='' STEP_LOG='' EXCERPT=() FACTS=() FAILURE='' AT_LINE='' DEADLINE='' TIMED_OUT=''
  BUILD='' BUILD_SHA256='' BUILD_ARCHIVE='' BUILD_COMMIT='' BUILD_DIR='' ARCHIVE='' APP_FOLDER='' CURL_STATUS=0
  AWS_KEY='' AWS_SECRET='' AWS_TOKEN=''
  FAULTS=() INIT_SCRIPT='' INIT_COMMAND=() INIT_ENVIRONMENT=()
  declare -gA PERSONALITY=() SETTINGS=() BEACON=() MASKS=()
}

# Starts $1 anew, readable to root and its group, keeping what earlier runs wrote as $1.1 (the newest), $1.2, ...
# Daemons of an earlier run may still write to their old file.
rotate_log() {
  local generation
  mkdir -p -- "${1%/*}" || return 1
  for ((generation = LOG_GENERATIONS; generation > 1; generation--)); do
    if [[ -e $1.$((generation - 1)) ]]; then mv -f -- "$1.$((generation - 1))" "$1.$generation"; fi
  done
  if [[ -e $1 ]]; then mv -f -- "$1" "$1.1"; fi
  (umask 027 && : >"$1") || return 1
}

# Adds our own log to SINKS, where the folder can be written.
open_own_log() {
  local log=$ROOT/var/log/rolecall/bootstrapper.log
  if rotate_log "$log" 2>/dev/null; then SINKS+=("$log") LOGS+=("$log"); fi
}

start_run() {
  export PATH=$BOX_PATH
  reset_state
  begin_run "$1"
  require_commands
  take_lock
  open_bell
  open_own_log
}

clean_up() {
  if [[ -n $WORK ]]; then rm -rf -- "$WORK"; fi
}

require_commands() {
  local name missing=()
  for name in curl cut env find flock grep head mkdir mkfifo mktemp mv od readlink rm sed sleep sort stat tail timeout tr wc; do
    command -v "$name" >/dev/null || missing+=("$name")
  done
  if ! command -v sha256sum >/dev/null && ! command -v openssl >/dev/null; then missing+=('sha256sum or openssl'); fi
  if ((${#missing[@]} == 0)); then return 0; fi
  printf -v name '%s, ' "${missing[@]}"
  die "missing on this AMI: ${name%, }"
}

# One run at a time; the lock ends with our process. Makes the work folder WORK, which holds user data for a moment.
take_lock() {
  local folder=$ROOT/run/rolecall
  mkdir -p -- "$folder" || die "can't make the folder $folder: the bootstrapper runs as root"
  { exec 9>"$folder/lock"; } 2>/dev/null || die "can't write $folder/lock: the bootstrapper runs as root"
  if ! flock -n 9; then
    trap - EXIT
    printf 'rolecall: another bootstrapper is at work here; this one ends\n' >&2
    exit 75
  fi
  rm -rf -- "$folder"/work.*
  WORK=$(umask 077 && mktemp -d "$folder/work.XXXXXX")
}

read_metadata() {
  local head=''
  learn_instance
  if ! get_metadata /latest/user-data --output "$WORK/user-data"; then
    metadata_problem
    die "$REPLY"
  fi
  IFS= read -r -N 2 head <"$WORK/user-data" 2>/dev/null || true
  if [[ $head == '#!' ]]; then
    # Not on the console, where the script itself is being followed.
    { printf "user data is a #! script, which is not the bootstrapper's: nothing to do\n" >>"$ROOT/var/log/rolecall/bootstrapper.log"; } 2>/dev/null || true
    exit 0
  fi
}

main() {
  start_run "${BASH_VERSINFO[0]}"
  run_step metadata read_metadata
  run_step personality read_personality
  if deploys; then deploy; fi
  run_step init run_init
  local ms
  ms_since "$RUN_AT"
  ms=$REPLY
  # Without a nonce there is no verdict: then at least people shall see the end. Else the script has the last word.
  if [[ $SIGNER == none ]]; then say "role ${PERSONALITY[role]} is up after $ms ms"; fi
  give_verdict "ok init 0 $ms"
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then main; fi
