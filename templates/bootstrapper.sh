#!/bin/bash
# rolecall's bootstrapper (scheme A): reads this machine's user data, deploys the build that is meant for it, runs the init
# script that fits it, and says on the console how that went. Installed on the AMI as
# /usr/local/sbin/rolecall-bootstrapper; docs/bootstrapper.md.
#
# Needs bash >= 5.0, curl >= 7.68, coreutils, util-linux (flock), and sha256sum or openssl; to deploy builds also GNU tar,
# findutils, and gzip or zstd, whichever the builds are compressed with.
# User data is read, matched and passed on; it is never evaluated nor sourced.

set -euo pipefail
shopt -s extglob
# In the C locale a range such as a-z means ASCII, and EPOCHREALTIME has a point.
export LC_ALL=C

# ---------------------------------------------------------------- what tests may set, after sourcing this file
ROOT=${ROLECALL_ROOT:-}
METADATA_URL=http://169.254.169.254
# Another metadata service is believed only under another root, which no machine has.
if [[ -n $ROOT ]]; then METADATA_URL=${ROLECALL_METADATA:-$METADATA_URL}; fi
# Seconds between two requests to the metadata service: the network may come up late.
METADATA_WAITS=(0.2 0.4 0.8 1.6 3.2 5 5 5 5 5)
# Seconds between two tries to get something from S3.
S3_WAITS=(0.5 1 2 4 8)
# Seconds between two tries to send a verdict or a boot log.
BEACON_WAITS=(0.5 1 2)
BOX_PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# ---------------------------------------------------------------- constants
USER_DATA_LIMIT=16384
EXCERPT_LINES=40
# EC2 keeps 64 KB of console: a talkative script must not push the markers out.
SUMMARY_LINES=100
LINE_LENGTH=400
LOG_GENERATIONS=4
# A boot log takes at most so many bytes of each of its files: their newest.
LOG_BYTES=1300000
KEY='^[a-z][a-z0-9_]{0,63}$'
PATH_NAME='^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'
NONCE_VALUE='^[0-9a-f]{32}$'
SHA256_VALUE='^[0-9a-f]{64}$'
BASE64_VALUE='^[A-Za-z0-9+/=]*$'
ORDINARY_VALUE='^[A-Za-z0-9 ._:,/@%+=~-]*$'
URL_VALUE='^[]A-Za-z0-9._~:/?#@!&()*+,;=%[-]*$'
ERROR_WORDS='(error|fatal|fail|failed|failure|cannot|can.t|could not|unable|denied|refused|not found|no such'
ERROR_WORDS+='|unbound variable|invalid|panic|exception|timed out)'

# ---------------------------------------------------------------- the state of one run
reset_state() {
  # Where the caller exported a variable of the same name, ours would be exported too.
  export -n NONCE TOKEN LAUNCH AWS_KEY AWS_SECRET AWS_TOKEN BEACON
  RUN='' SEQ=0 STEP=metadata RUN_STARTED=0 STEP_STARTED=0
  LAUNCH='' NONCE='' IDENTITY=pending PENDING=() SINKS=() VERDICT_GIVEN=''
  TOKEN='' HTTP_STATUS=000 HTTP_REQUEST='' HTTP_ERROR=''
  WORK='' INSTANCE_ID='' CHILD='' STEP_LOG='' FETCHER='' FAILURE='' BROKEN_LINE=''
  BUILD='' BUILD_SHA256='' BUILD_ARCHIVE='' BUILD_COMMIT='' BUILD_DIR='' ARCHIVE='' APP_FOLDER='' CURL_STATUS=0
  AWS_KEY='' AWS_SECRET='' AWS_TOKEN=''
  FAULTS=() INIT_SCRIPT='' INIT_COMMAND=() INIT_ENVIRONMENT=() PARTIAL_LINE='' SUMMARIES=0
  VERDICT_TEXT='' LOGS=()
  declare -gA PERSONALITY=() SETTINGS=() BEACON=()
}

# ---------------------------------------------------------------- time
# Sets REPLY to the milliseconds since 1970 (no fork: it is asked often).
now_ms() {
  local micros=${EPOCHREALTIME/[.,]/}
  REPLY=$((micros / 1000))
}

# Sets REPLY to the milliseconds since $1, or to 0 where the clock was set meanwhile: back, or (a machine that begins in
# 1970) so far ahead that a marker has no room for the number.
ms_since() {
  now_ms
  REPLY=$((REPLY - $1))
  if ((REPLY < 0 || REPLY >= 10 ** 12)); then REPLY=0; fi
}

# ---------------------------------------------------------------- consoles and logs
# Whether $1 takes a line within two seconds: opening a serial port without carrier may wait forever.
takes_lines() {
  # shellcheck disable=SC2016 # $1 is the inner shell's
  [[ -w $1 ]] && timeout 2 "$BASH" -c 'printf "\n" >>"$1"' - "$1" >/dev/null 2>&1
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

# Fills SINKS with the devices to print to besides stdout, none of which shows the same console twice.
find_consoles() {
  local console=$ROOT/dev/console serial=$ROOT/dev/ttyS0 active=''
  SINKS=()
  if takes_lines "$console"; then
    IFS= read -r active 2>/dev/null <"$ROOT/sys/class/tty/console/active" || true
    [[ /dev/fd/1 -ef $console ]] || SINKS+=("$console")
    # The kernel's last console is what /dev/console leads to.
    if [[ ${active##* } == ttyS0 || $serial -ef $console ]]; then return 0; fi
  fi
  if [[ ! /dev/fd/1 -ef $serial ]] && takes_lines "$serial"; then SINKS+=("$serial"); fi
}

# Prints the text $1 to stdout and the consoles. A device is opened in a subshell each time, since a session's leader
# that opens a terminal would make it its own, and be hung up when getty takes it.
print() {
  local sink
  printf '%s' "$1" 2>/dev/null || true
  for sink in ${SINKS[@]+"${SINKS[@]}"}; do
    (printf '%s' "$1" >>"$sink") 2>/dev/null || true
  done
}

# Sets REPLY to $1 with nothing in it that could act on a terminal, pass for a marker, or tell the nonce.
harmless() {
  local -
  set +x
  local text=${1:0:4*LINE_LENGTH}
  text=${text//$'\e['*([0-9;?])[A-Za-z]/}
  text=${text//$'\t'/ }
  text=${text//[[:cntrl:]]/?}
  text=${text//<<rc1/< <rc1}
  if [[ -n $NONCE ]]; then text=${text//"$NONCE"/[nonce]}; fi
  if ((${#text} > LINE_LENGTH)); then text="${text:0:LINE_LENGTH}..."; fi
  REPLY=$text
}

# Prints a line for people: say STEP TEXT.
say() {
  harmless "$2"
  print "rolecall[$1]: $REPLY"$'\n'
}

# ---------------------------------------------------------------- markers
# Sets REPLY to the first 16 hex digits of SHA-256(nonce "|" $1). The nonce goes through a pipe, never through argv.
mac_of() {
  local - digest
  set +x
  if command -v sha256sum >/dev/null; then
    digest=$(printf '%s|%s' "$NONCE" "$1" | sha256sum)
  else
    digest=$(printf '%s|%s' "$NONCE" "$1" | openssl dgst -sha256 -r)
  fi
  REPLY=${digest:0:16}
}

# Prints the marker of EVENT $2 at $1 ms since 1970, $3 times, and keeps those that a verdict's beacon tells.
# Without an identity only a failed verdict has a form.
print_marker() {
  local body text='' count
  if [[ $IDENTITY != known && $2 != 'verdict failed '* ]]; then return 0; fi
  SEQ=$((SEQ + 1))
  body="${LAUNCH:--} $RUN $SEQ ${1:0:-3}.${1: -3} $2" REPLY=-
  if [[ $IDENTITY == known ]]; then mac_of "$body"; fi
  if [[ $2 == 'end '* || $2 == 'verdict '* ]]; then VERDICT_TEXT+="<<rc1 $body $REPLY>>"$'\n'; fi
  for ((count = 0; count < $3; count++)); do text+=$'\n'"<<rc1 $body $REPLY>>"$'\n'; done
  print "$text"
}

# Prints the marker of EVENT $1, or keeps it until user data has told who we are.
mark() {
  now_ms
  if [[ $IDENTITY == pending ]]; then
    PENDING+=("$REPLY $1")
  else
    print_marker "$REPLY" "$1" 1
  fi
}

# From here on markers can be signed (`known`), or never will be (`none`: user data written by hand).
settle_identity() {
  local entry
  IDENTITY=$1
  for entry in ${PENDING[@]+"${PENDING[@]}"}; do print_marker "${entry%% *}" "${entry#* }" 1; done
  PENDING=()
}

# ---------------------------------------------------------------- steps, and how they fail
# Runs the function $2 as step $1.
run_step() {
  STEP=$1
  now_ms
  STEP_STARTED=$REPLY
  mark "start $STEP"
  beacon_step
  "$2"
  ms_since "$STEP_STARTED"
  mark "end $STEP 0 $REPLY"
}

# Ends the run: die MESSAGE [STATUS]. The EXIT trap reports it.
die() {
  FAILURE=$1
  exit "${2:-1}"
}

# Fills EXCERPT with the last lines of a log, FIRST_ERROR with the line of it that most looks like the cause.
read_excerpt() {
  local - line lower
  local -a lines
  set +x
  FIRST_ERROR='' EXCERPT=()
  mapfile -t lines < <(tail -c 65536 -- "$1" | tr -d '\000')
  for line in ${lines[@]+"${lines[@]}"}; do
    lower=${line,,}
    if [[ $lower =~ (^|[^a-z])$ERROR_WORDS([^a-z]|$) ]]; then
      FIRST_ERROR=$line
      break
    fi
    if [[ $line == *[![:space:]]* ]]; then FIRST_ERROR=$line; fi
  done
  if ((${#lines[@]} > EXCERPT_LINES)); then lines=("${lines[@]: -EXCERPT_LINES}"); fi
  EXCERPT=(${lines[@]+"${lines[@]}"})
}

# Sets EXCERPT and FIRST_ERROR: from what we know ourselves, or else from the step's log.
explain_failure() {
  EXCERPT=(${FAULTS[@]+"${FAULTS[@]}"})
  FIRST_ERROR=$FAILURE
  if [[ -n $STEP_LOG && -r $STEP_LOG ]]; then
    read_excerpt "$STEP_LOG"
    FIRST_ERROR=${FAILURE:-${FIRST_ERROR:-it printed nothing}}
  fi
  if [[ -z $FIRST_ERROR ]]; then FIRST_ERROR="the bootstrapper broke off at its line ${BROKEN_LINE:-?}"; fi
}

# Prints why step STEP failed with status $1, and the verdict.
report_failure() {
  local - text='' line
  set +x
  ms_since "$STEP_STARTED"
  if [[ $IDENTITY != pending ]]; then mark "end $STEP $1 $REPLY"; fi
  explain_failure
  for line in ${EXCERPT[@]+"${EXCERPT[@]}"}; do
    harmless "$line"
    text+="rolecall[$STEP]| $REPLY"$'\n'
  done
  harmless "$FIRST_ERROR"
  print "${text}ERROR Bootstrapping failed at step $STEP (status $1): $REPLY"$'\n'
  ms_since "$RUN_STARTED"
  give_verdict "failed $STEP $1 $REPLY"
}

# Prints the verdict three times over: one torn line shall not lose it.
give_verdict() {
  VERDICT_GIVEN=yes
  now_ms
  print_marker "$REPLY" "verdict $1" 3
  beacon_verdict "$1"
}

on_exit() {
  local status=$?
  trap - EXIT ERR
  trap '' TERM INT HUP
  set +e
  if ((status != 0)) && [[ -z $VERDICT_GIVEN ]]; then report_failure "$status"; fi
  if [[ -n $WORK ]]; then rm -rf -- "$WORK"; fi
  exit "$status"
}

# A signal ends the init script (and its process group), then us: on_signal NAME STATUS.
on_signal() {
  trap '' TERM INT HUP
  if [[ -n $FETCHER ]]; then kill -TERM "$FETCHER" 2>/dev/null || true; fi
  if [[ -n $CHILD ]]; then kill -TERM -- "-$CHILD" 2>/dev/null || true; fi
  die "stopped by SIG$1" "$2"
}

# ---------------------------------------------------------------- beacons
# The second way to report: small objects in the launch's bucket, by a form that user data holds the signature of. Whatever
# goes wrong with it is no failure of the boot: the console has told everything before.

# Takes the form from user data, where it stands there whole, each line once; else there are no beacons.
learn_beacon() {
  local - line key value
  set +x
  while IFS= read -r line || [[ -n $line ]]; do
    line=${line%$'\r'}
    key=${line%%=*} value=${line#*=}
    if [[ $key =~ ^rolecall_(beacon|log)_[a-z]+$ ]]; then
      value_problem "$key" "$value"
      if [[ -n $REPLY || -n ${BEACON[${key#rolecall_}]:-} ]]; then
        BEACON=()
        return 0
      fi
      BEACON[${key#rolecall_}]=$value
    fi
  done <"$1"
  for key in beacon_{url,credential,date,policy,signature} log_{policy,signature}; do
    if [[ -z ${BEACON[$key]:-} ]]; then BEACON=(); fi
  done
}

sends_beacons() {
  [[ $IDENTITY == known && -n ${BEACON[beacon_url]:-} && -n $INSTANCE_ID ]]
}

# Writes curl's options for an object with the key $2 below the prefix, from the file $3; $1 is `beacon` or `log`.
# They go through a pipe: whoever has the policy and its signature can send beacons.
form_of() {
  local -
  set +x
  printf 'url = "%s"\n' "${BEACON[beacon_url]}"
  printf 'form-string = "%s"\n' "key=${BEACON[beacon_prefix]:-}$2" X-Amz-Algorithm=AWS4-HMAC-SHA256 \
    "X-Amz-Credential=${BEACON[beacon_credential]}" "X-Amz-Date=${BEACON[beacon_date]}" \
    "Policy=${BEACON[$1_policy]}" "X-Amz-Signature=${BEACON[$1_signature]}"
  if [[ -n ${BEACON[beacon_token]:-} ]]; then printf 'form-string = "X-Amz-Security-Token=%s"\n' "${BEACON[beacon_token]}"; fi
  printf 'form = "file=@%s;filename=text;type=text/plain"\n' "$3"
}

# One try: post KIND KEY FILE SECONDS. Sets nothing; 0 only where S3 has taken it, 2 where it never will.
post() {
  local - code=''
  set +x
  code=$(form_of "$1" "$2" "$3" | curl -q --config - --silent --globoff --proto '=http,https' --connect-timeout 3 \
    --max-time "$4" --header 'Expect:' --output /dev/null --write-out '%{http_code}' 2>/dev/null 9>&-) || return 1
  case $code in
  2??) return 0 ;;
  408 | 429 | 5??) return 1 ;;
  *) return 2 ;;
  esac
}

# Tries a few times: send KIND KEY FILE SECONDS, each try at most so many seconds.
send() {
  local pause status
  for pause in "${BEACON_WAITS[@]}" ''; do
    status=0
    post "$@" || status=$?
    if ((status != 1)); then return "$status"; fi
    if [[ -n $pause ]]; then sleep "$pause"; fi
  done
  return 1
}

# Tells that the step STEP began, beside the boot: one try, which nobody waits for.
beacon_step() {
  if ! sends_beacons; then return 0; fi
  printf '%s\n' "$STEP" >"$WORK/beacon.$SEQ" 2>/dev/null || return 0
  { trap - EXIT ERR && set +e && post beacon "beacons/$LAUNCH/e/$INSTANCE_ID/$SEQ.$STEP" "$WORK/beacon.$SEQ" 5; } \
    </dev/null >/dev/null 2>&1 9>&- &
}

# Tells the verdict $1 (`ok STEP ...`, `failed STEP ...`), and after a failure what the boot printed.
beacon_verdict() {
  local - words file=$WORK/beacon.verdict
  set +x
  if ! sends_beacons || [[ -z $WORK ]]; then return 0; fi
  IFS=' ' read -r -a words <<<"$1"
  # A form takes no more; the last marker is the verdict's.
  if ! tail -c 8000 <<<"$VERDICT_TEXT" 2>/dev/null >"$file"; then return 0; fi
  if ! send beacon "beacons/$LAUNCH/v/$INSTANCE_ID/${words[0]}.${words[1]}" "$file" 5; then return 0; fi
  if [[ ${words[0]} == failed ]]; then send_log || true; fi
}

# The boot log: the newest of each file that this run has written.
send_log() {
  local file=$WORK/boot-log log
  for log in ${LOGS[@]+"${LOGS[@]}"}; do
    if [[ ! -r $log ]]; then continue; fi
    printf '==> %s <==\n' "${log#"$ROOT"}"
    tail -c "$LOG_BYTES" -- "$log"
    printf '\n'
  done >"$file" 2>/dev/null
  send log "logs/$LAUNCH/$INSTANCE_ID" "$file" 30
}

# ---------------------------------------------------------------- the start of a run
# An older bash would stumble over later lines; here it can still say so, on the consoles too: check_bash MAJOR.
check_bash() {
  local text
  if (($1 >= 5)); then return 0; fi
  find_consoles
  print "ERROR Bootstrapping failed at step metadata (status 1): bash $BASH_VERSION is too old, 5.0 is needed"$'\n'
  printf -v text '\n<<rc1 - %04x%04x 1 %s verdict failed metadata 1 0 ->>\n' "$RANDOM" "$RANDOM" "$(date +%s)"
  print "$text$text$text"
  exit 1
}

start_run() {
  export PATH=$BOX_PATH
  reset_state
  now_ms
  RUN_STARTED=$REPLY STEP_STARTED=$REPLY
  trap on_exit EXIT
  trap 'on_signal TERM 143' TERM
  trap 'on_signal INT 130' INT
  trap 'on_signal HUP 129' HUP
  # A reader of stdout that went away must not end us; unlike '', a handler is not inherited.
  trap : PIPE
  set -o errtrace
  trap 'BROKEN_LINE=$LINENO' ERR
  RUN=$(od -An -N4 -tx4 /dev/urandom 2>/dev/null | tr -d ' \n') || true
  if [[ ! $RUN =~ ^[0-9a-f]{8}$ ]]; then printf -v RUN '%04x%04x' "$RANDOM" "$RANDOM"; fi
  find_consoles
  require_commands
  take_lock
  open_own_log
  mark 'begin personality'
}

require_commands() {
  local name missing=()
  for name in curl env flock mkdir mkfifo mktemp mv od rm sleep stat tail timeout tr; do
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

# ---------------------------------------------------------------- step metadata
# One request: request METHOD PATH FILE HEADER. Sets HTTP_STATUS (000: no whole answer), HTTP_REQUEST, HTTP_ERROR.
# The header goes through a pipe since it holds the token; no proxy and no .curlrc may come between.
request() {
  local - status=0
  set +x
  HTTP_REQUEST="$1 $2" HTTP_ERROR=''
  HTTP_STATUS=$(printf '%s\n' "$4" | curl -q --silent --show-error --noproxy '*' --connect-timeout 2 --max-time 10 \
    --max-filesize 1048576 --request "$1" --header @- --output "$3" --write-out '%{http_code}' \
    "$METADATA_URL$2" 2>"$WORK/curl.err") || status=$?
  if ((status != 0)); then
    HTTP_STATUS=000
    IFS= read -r HTTP_ERROR <"$WORK/curl.err" || true
  fi
}

# Asks for a session token, unless we hold one. It is good for five minutes, far longer than this step.
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
ensure_token() {
  local -
  set +x
  if [[ -n $TOKEN ]]; then return 0; fi
  request PUT /latest/api/token "$WORK/token" 'X-aws-ec2-metadata-token-ttl-seconds: 300'
  if [[ $HTTP_STATUS != 200 ]]; then return 1; fi
  IFS= read -r TOKEN <"$WORK/token" || true
  if [[ $TOKEN =~ ^[[:graph:]]+$ ]]; then return 0; fi
  TOKEN='' HTTP_STATUS=000 HTTP_ERROR='the token is empty or has spaces in it'
  return 1
}

# fetch PATH FILE: asks until there is a whole answer, a final refusal, or no time left. 0 only for 200.
fetch() {
  local - pause
  set +x
  for pause in "${METADATA_WAITS[@]}" ''; do
    if ensure_token; then request GET "$1" "$2" "X-aws-ec2-metadata-token: $TOKEN"; fi
    case $HTTP_STATUS in
    200) return 0 ;;
    401) TOKEN='' ;; # expired, or the clock jumped: ask for a new one
    408 | 429) ;;
    4??) return 1 ;;
    esac
    if [[ -n $pause ]]; then sleep "$pause"; fi
  done
  return 1
}

# The sentence for a fetch that failed.
metadata_problem() {
  local service="the metadata service at ${METADATA_URL#http://}"
  case "$HTTP_STATUS $HTTP_REQUEST" in
  000\ *) REPLY="no answer from $service to $HTTP_REQUEST: ${HTTP_ERROR:-no reason given}" ;;
  404*user-data) REPLY="this machine has no user data: launch it with rolecall, or give it environment=, role=, context= lines" ;;
  403*) REPLY="$service refuses $HTTP_REQUEST (403): it is switched off for this machine (HttpEndpoint), or a proxy stands between" ;;
  401*) REPLY="$service keeps refusing our token for $HTTP_REQUEST (401)" ;;
  *) REPLY="$service answers $HTTP_STATUS to $HTTP_REQUEST" ;;
  esac
}

read_metadata() {
  local head=''
  if ! fetch /latest/user-data "$WORK/user-data"; then
    metadata_problem
    die "$REPLY"
  fi
  IFS= read -r -N 2 head <"$WORK/user-data" 2>/dev/null || true
  if [[ $head == '#!' ]]; then
    # Not on the console, where the script itself is being followed.
    { printf "user data is a #! script, which is not the bootstrapper's: nothing to do\n" >>"$ROOT/var/log/rolecall/bootstrapper.log"; } 2>/dev/null || true
    exit 0
  fi
  if ! fetch /latest/meta-data/instance-id "$WORK/instance-id"; then
    metadata_problem
    die "$REPLY"
  fi
  IFS= read -r INSTANCE_ID <"$WORK/instance-id" || true
  if [[ ! $INSTANCE_ID =~ $PATH_NAME ]]; then die 'the metadata service gives an instance id that is none'; fi
}

# ---------------------------------------------------------------- step personality
# Adds a fault of user data: fault LINE TEXT. It never shows a value, which may be secret.
fault() {
  FAULTS+=("user data, line $1: $2")
}

# What is not text at all, or too long.
check_user_data() {
  local - file=$1 size text=''
  set +x
  size=$(stat -c %s -- "$file")
  if ((size > USER_DATA_LIMIT)); then
    FAULTS+=("user data has $size bytes, more than the $USER_DATA_LIMIT that EC2 takes")
  elif IFS= read -r -d '' text <"$file"; then # stopped at a NUL
    if [[ $text == $'\x1f\x8b'* ]]; then
      FAULTS+=('user data is gzip; the bootstrapper reads plain key=value lines')
    else
      FAULTS+=('user data is binary (it has a NUL byte); the bootstrapper reads plain key=value lines')
    fi
  elif [[ $text == $'\x1f\x8b'* ]]; then
    FAULTS+=('user data is gzip; the bootstrapper reads plain key=value lines')
  fi
}

# Takes launch id and nonce from the file, if both stand there once and whole: so that even the failure of all other
# lines can be signed.
learn_identity() {
  local - line launches=0 nonces=0 launch='' nonce=''
  set +x
  while IFS= read -r line || [[ -n $line ]]; do
    line=${line%$'\r'}
    case $line in
    rolecall_launch=*) launch=${line#*=} launches=$((launches + 1)) ;;
    rolecall_nonce=*) nonce=${line#*=} nonces=$((nonces + 1)) ;;
    esac
  done <"$1"
  if ((launches == 1 && nonces == 1)) && [[ $launch =~ $PATH_NAME && $nonce =~ $NONCE_VALUE ]]; then
    LAUNCH=$launch NONCE=$nonce
    settle_identity known
  else
    settle_identity none
  fi
}

# Sets REPLY to what is wrong with the value $2 of the key $1, or to nothing.
value_problem() {
  local -
  set +x
  REPLY=''
  case $1 in
  environment | role | context | machine_id | rolecall_launch)
    [[ $2 =~ $PATH_NAME ]] || REPLY='must begin with a letter or digit and hold 1 to 64 of A-Z a-z 0-9 . _ -'
    ;;
  rolecall_nonce)
    [[ $2 =~ $NONCE_VALUE ]] || REPLY='must be 32 hex digits'
    ;;
  rolecall_beacon_policy | rolecall_beacon_token | rolecall_log_policy)
    if ((${#2} > 8192)); then
      REPLY='must have at most 8192 characters'
    elif [[ ! $2 =~ $BASE64_VALUE ]]; then
      REPLY='must be base64'
    fi
    ;;
  *_url)
    if ((${#2} > 4096)); then
      REPLY='must have at most 4096 characters'
    elif [[ ! $2 =~ $URL_VALUE ]]; then
      REPLY='may hold only the characters of a URL'
    fi
    ;;
  *)
    if ((${#2} > 1024)); then
      REPLY='must have at most 1024 characters'
    elif [[ $2 == ' '* || $2 == *' ' ]]; then
      REPLY='must not begin or end with a space'
    elif [[ ! $2 =~ $ORDINARY_VALUE ]]; then
      REPLY='may hold only A-Z a-z 0-9, space and . _ : , / @ % + = ~ -'
    fi
    ;;
  esac
}

# Fills PERSONALITY from the file $1, and FAULTS with all that is wrong with it.
parse_personality() {
  local - line number=0 key value
  local -A line_of=()
  set +x
  while IFS= read -r line || [[ -n $line ]]; do
    number=$((number + 1))
    line=${line%$'\r'}
    if [[ $line =~ ^[[:blank:]]*(#.*)?$ ]]; then continue; fi
    key=${line%%=*} value=${line#*=}
    if [[ $line != *=* ]]; then
      fault "$number" 'expected key=value'
    elif [[ ! $key =~ $KEY ]]; then
      fault "$number" 'a key begins with a-z and holds 1 to 64 of a-z 0-9 _, with no space around it'
    elif [[ -n ${line_of[$key]:-} ]]; then
      fault "$number" "$key is given again (first on line ${line_of[$key]})"
    else
      line_of[$key]=$number
      value_problem "$key" "$value"
      if [[ -n $REPLY ]]; then fault "$number" "the value of $key $REPLY"; fi
      PERSONALITY[$key]=$value
    fi
  done <"$1"
  for key in environment role context; do
    if [[ -z ${line_of[$key]:-} ]]; then FAULTS+=("user data has no line $key=..."); fi
  done
  unset 'PERSONALITY[rolecall_nonce]'
  for key in "${!PERSONALITY[@]}"; do
    if [[ $key == rolecall_@(beacon|log)_* ]]; then unset "PERSONALITY[$key]"; fi
  done
}

read_personality() {
  local file=$WORK/user-data
  check_user_data "$file"
  if ((${#FAULTS[@]} == 0)); then
    learn_identity "$file"
    learn_beacon "$file"
    parse_personality "$file"
  else
    settle_identity none
  fi
  rm -f -- "$file"
  if ((${#FAULTS[@]} == 0)); then read_settings; fi
  if ((${#FAULTS[@]} > 0)); then die "${FAULTS[0]}"; fi
  PERSONALITY[machine_id]=${PERSONALITY[machine_id]:-$INSTANCE_ID}
  say personality "environment ${PERSONALITY[environment]}, role ${PERSONALITY[role]}, context ${PERSONALITY[context]}, machine ${PERSONALITY[machine_id]}"
}

# ---------------------------------------------------------------- what to deploy
# Sets REPLY to what is wrong with the value $2 of the setting $1, or to nothing.
setting_problem() {
  local -
  set +x
  local pattern='' expected=''
  REPLY=''
  case $1 in
  app | build)
    pattern=$PATH_NAME
    expected='a name of 1 to 64 of A-Z a-z 0-9 . _ - that begins with a letter or digit'
    ;;
  bucket)
    pattern='^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$'
    expected='the name of an S3 bucket'
    ;;
  prefix)
    pattern='^([A-Za-z0-9_.-]{1,100}/){1,10}$'
    # A client of HTTP may resolve these.
    if [[ /$2 =~ /\.\.?/ ]]; then pattern='^$'; fi
    expected='a key prefix that ends in a slash, without . and .. between slashes'
    ;;
  region)
    pattern='^[a-z]{2,6}(-[a-z]+)+-[0-9]{1,2}$'
    expected='an AWS region'
    ;;
  fetch)
    pattern='^(presigned|profile|public)$'
    expected='presigned, profile or public'
    ;;
  keep)
    pattern='^([1-9][0-9]?|100)$'
    expected='a number from 1 to 100'
    ;;
  s3_url)
    pattern='^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._/-]*)?$'
    expected='the URL of an S3 endpoint'
    ;;
  build_sha256)
    pattern=$SHA256_VALUE
    expected='64 hex digits'
    ;;
  build_archive)
    pattern='^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\.tar\.(gz|zst)$'
    expected='the name of a .tar.gz or .tar.zst'
    ;;
  build_url)
    pattern='^https?://[^/]+/.'
    expected='a URL'
    ;;
  *)
    REPLY='is no setting: app, bucket, prefix, region, fetch, keep and s3_url are'
    return 0
    ;;
  esac
  if [[ ! $2 =~ $pattern ]]; then REPLY="must be $expected"; fi
}

# Fills SETTINGS: what user data says as rolecall_..., else what the AMI's bootstrapper.conf says; and FAULTS.
read_settings() {
  local - file=$ROOT/etc/rolecall/bootstrapper.conf key
  set +x
  if [[ -e $file || -L $file ]]; then
    if [[ ! -f $file || ! -r $file ]]; then
      FAULTS+=("$file is there, but is not a file that can be read")
      return 0
    fi
    read_conf "$file"
  fi
  for key in app bucket prefix region fetch keep s3_url build build_sha256 build_archive build_url; do
    if [[ -z ${PERSONALITY[rolecall_$key]:-} ]]; then continue; fi
    SETTINGS[$key]=${PERSONALITY[rolecall_$key]}
    setting_problem "$key" "${SETTINGS[$key]}"
    if [[ -n $REPLY ]]; then FAULTS+=("user data: the value of rolecall_$key $REPLY"); fi
  done
  if [[ -n ${SETTINGS[app]:-} && -z ${SETTINGS[bucket]:-} ]]; then
    FAULTS+=("the app ${SETTINGS[app]} is to be deployed, but neither user data nor $file names a bucket")
  fi
  if [[ -n ${SETTINGS[build]:-} && -z ${SETTINGS[app]:-} ]]; then
    FAULTS+=("user data pins a build, but neither user data nor $file names its app")
  fi
  if [[ -n ${SETTINGS[build]:-} && -z ${SETTINGS[build_sha256]:-} ]]; then
    FAULTS+=('user data: rolecall_build without rolecall_build_sha256')
  fi
}

# Reads key=value lines, never evaluated, from the file $1.
read_conf() {
  local - line number=0 key value
  set +x
  while IFS= read -r line || [[ -n $line ]]; do
    number=$((number + 1))
    line=${line%$'\r'}
    if [[ $line =~ ^[[:blank:]]*(#.*)?$ ]]; then continue; fi
    key=${line%%=*} value=${line#*=}
    if [[ $line != *=* ]]; then
      FAULTS+=("$1, line $number: expected key=value")
    elif [[ ! $key =~ $KEY ]]; then
      FAULTS+=("$1, line $number: a key is a lower-case letter, then lower-case letters, digits and _")
    elif [[ -n ${SETTINGS[$key]:-} ]]; then
      FAULTS+=("$1, line $number: $key is given again")
    elif [[ $key == build* ]]; then
      FAULTS+=("$1, line $number: a build is named by a pointer, or pinned in user data")
    else
      setting_problem "$key" "$value"
      if [[ -n $REPLY ]]; then FAULTS+=("$1, line $number: $key $REPLY"); fi
      SETTINGS[$key]=$value
    fi
  done <"$1"
}

deploys() {
  [[ -n ${SETTINGS[app]:-} ]]
}

app_folder() {
  REPLY=$ROOT/opt/rolecall/${SETTINGS[app]}
}

# ---------------------------------------------------------------- S3
# Sets REPLY to the hex SHA-256 of stdin.
sha256_stdin() {
  local - digest
  set +x
  if command -v sha256sum >/dev/null; then digest=$(sha256sum); else digest=$(openssl dgst -sha256 -r); fi
  REPLY=${digest:0:64}
}

# Sets REPLY to the bytes of hex $1 as escapes for printf, each XORed with $2, filled up with zeros to $3 bytes.
escaped_bytes() {
  local - text='' index byte
  set +x
  for ((index = 0; index < $3; index++)); do
    byte=${1:index*2:2}
    printf -v byte '\\x%02x' $((0x${byte:-0} ^ $2))
    text+=$byte
  done
  REPLY=$text
}

# Sets REPLY to the hex HMAC-SHA256 of the text $2 under the key of hex $1 (at most 64 bytes). RFC 2104, with pipes only:
# no key stands in any command line.
hmac_sha256() {
  local - inner outer
  set +x
  escaped_bytes "$1" 0x36 64
  inner=$REPLY
  escaped_bytes "$1" 0x5c 64
  outer=$REPLY
  # shellcheck disable=SC2059 # the formats are escapes made just above
  inner=$({ printf "$inner" && printf '%s' "$2"; } | { sha256_stdin && printf '%s' "$REPLY"; })
  escaped_bytes "$inner" 0 32
  inner=$REPLY
  # shellcheck disable=SC2059
  REPLY=$(printf "$outer$inner" | { sha256_stdin && printf '%s' "$REPLY"; })
}

# Sets REPLY to the hex of the text $1.
hex_of() {
  local - index text='' byte
  set +x
  for ((index = 0; index < ${#1}; index++)); do
    printf -v byte '%02x' "'${1:index:1}"
    text+=$byte
  done
  REPLY=$text
}

# Asks the metadata service for the keys of the instance profile: AWS_KEY, AWS_SECRET, AWS_TOKEN.
read_credentials() {
  local - role='' text=''
  set +x
  if ! fetch /latest/meta-data/iam/security-credentials/ "$WORK/profile"; then
    if [[ $HTTP_STATUS == 404 ]]; then
      die 'this machine has no instance profile to fetch its build with: give the role an instance_profile, or fetch: presigned'
    fi
    metadata_problem
    die "$REPLY"
  fi
  IFS= read -r role <"$WORK/profile" || true
  if [[ ! $role =~ ^[A-Za-z0-9_+=,.@-]{1,128}$ ]]; then die 'the metadata service names no role for the instance profile'; fi
  if ! fetch "/latest/meta-data/iam/security-credentials/$role" "$WORK/credentials"; then
    metadata_problem
    die "$REPLY"
  fi
  text=$(<"$WORK/credentials")
  rm -f -- "$WORK/credentials"
  AWS_KEY='' AWS_SECRET='' AWS_TOKEN=''
  if [[ $text =~ \"AccessKeyId\"[[:space:]]*:[[:space:]]*\"([A-Za-z0-9]+)\" ]]; then AWS_KEY=${BASH_REMATCH[1]}; fi
  if [[ $text =~ \"SecretAccessKey\"[[:space:]]*:[[:space:]]*\"([A-Za-z0-9/+=]+)\" ]]; then AWS_SECRET=${BASH_REMATCH[1]}; fi
  if [[ $text =~ \"Token\"[[:space:]]*:[[:space:]]*\"([A-Za-z0-9/+=]+)\" ]]; then AWS_TOKEN=${BASH_REMATCH[1]}; fi
  if [[ -z $AWS_KEY || -z $AWS_SECRET ]]; then die "the instance profile's role $role gives no credentials"; fi
}

# Sets REPLY to the headers that sign a GET of the path $2 at the host $1 for S3, one a line.
# https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
sign_get() {
  local - time scope names canonical headers key part
  set +x
  time=$(date -u +%Y%m%dT%H%M%SZ)
  scope=${time%%T*}/${SETTINGS[region]}/s3/aws4_request
  names='host;x-amz-content-sha256;x-amz-date'
  headers=$'x-amz-content-sha256:UNSIGNED-PAYLOAD\n'"x-amz-date:$time"$'\n'
  if [[ -n $AWS_TOKEN ]]; then
    names+=';x-amz-security-token'
    headers+="x-amz-security-token:$AWS_TOKEN"$'\n'
  fi
  # The keys of builds and pointers hold no character that would have to be encoded.
  canonical=$(printf 'GET\n%s\n\nhost:%s\n%s\n%s\nUNSIGNED-PAYLOAD' "$2" "$1" "$headers" "$names" | { sha256_stdin && printf '%s' "$REPLY"; })
  hex_of "AWS4$AWS_SECRET"
  key=$REPLY
  for part in "${time%%T*}" "${SETTINGS[region]}" s3 aws4_request; do
    hmac_sha256 "$key" "$part"
    key=$REPLY
  done
  hmac_sha256 "$key" "AWS4-HMAC-SHA256"$'\n'"$time"$'\n'"$scope"$'\n'"$canonical"
  REPLY="${headers}Authorization: AWS4-HMAC-SHA256 Credential=$AWS_KEY/$scope,SignedHeaders=$names,Signature=$REPLY"$'\n'
}

# Sets REPLY to the URL of the object with the key $1.
url_of() {
  local key=$1 bucket=${SETTINGS[bucket]} base=${SETTINGS[s3_url]:-${AWS_ENDPOINT_URL_S3:-}} domain=amazonaws.com
  if [[ ${SETTINGS[region]:-} == cn-* ]]; then domain+=.cn; fi
  if [[ -n $base ]]; then
    REPLY=${base%/}/$bucket/$key
  elif [[ $bucket == *.* ]]; then
    # A certificate for *.s3 doesn't hold for a name with more dots.
    REPLY=https://s3.${SETTINGS[region]}.$domain/$bucket/$key
  else
    REPLY=https://$bucket.s3.${SETTINGS[region]}.$domain/$key
  fi
}

# How the build is fetched, where nobody says it: by the URL in user data, else with the instance profile.
fetch_mode() {
  local -
  set +x
  if [[ -n ${SETTINGS[fetch]:-} ]]; then
    REPLY=${SETTINGS[fetch]}
  elif [[ -n ${SETTINGS[build_url]:-} ]]; then
    REPLY=presigned
  else
    REPLY=profile
  fi
}

# The machine's own region, unless a setting names the bucket's.
ensure_region() {
  local region=''
  if [[ -n ${SETTINGS[region]:-} ]]; then return 0; fi
  if ! fetch /latest/meta-data/placement/region "$WORK/region"; then
    metadata_problem
    die "$REPLY"
  fi
  IFS= read -r region <"$WORK/region" || true
  setting_problem region "$region"
  if [[ -n $REPLY ]]; then die 'the metadata service gives a region that is none'; fi
  SETTINGS[region]=$region
}

# One request for the URL $1 into the file $2, at most $3 bytes (none: any). Sets HTTP_STATUS (000: no whole answer),
# HTTP_ERROR and CURL_STATUS. URL and headers go through pipes, since they may hold secrets.
s3_request() {
  local - headers='' host path limit=()
  set +x
  HTTP_ERROR='' CURL_STATUS=0
  if [[ -n ${3:-} ]]; then limit=(--max-filesize "$3"); fi
  fetch_mode
  if [[ $REPLY == profile ]]; then
    host=${1#*://} path=/${1#*://*/}
    host=${host%%/*}
    # As curl writes it in its Host header.
    case $1 in
    http://*) host=${host%:80} ;;
    https://*) host=${host%:443} ;;
    esac
    sign_get "$host" "$path"
    headers=$REPLY
  fi
  printf '%s' "$headers" | curl -q --silent --show-error --proto '=http,https' --globoff --connect-timeout 10 \
    --speed-limit 1000 --speed-time 60 ${limit[@]+"${limit[@]}"} --header @- --output "$2" --write-out '%{http_code}' \
    --path-as-is --config <(printf 'url = "%s"\n' "$1") >"$WORK/status" 2>"$WORK/curl.err" 9>&- &
  # Waited for, not run in front: a signal ends it at once. Without the lock: it may outlive us.
  FETCHER=$!
  wait "$FETCHER" || CURL_STATUS=$?
  FETCHER=''
  HTTP_STATUS=$(<"$WORK/status")
  if ((CURL_STATUS != 0)); then
    HTTP_STATUS=000
    IFS= read -r HTTP_ERROR <"$WORK/curl.err" || true
  fi
}

# s3_get URL FILE [BYTES]: asks until there is a whole answer, a final refusal, or no time left. 0 only for 200.
s3_get() {
  local - pause
  set +x
  fetch_mode
  if [[ $REPLY == profile ]]; then
    ensure_region
    read_credentials
  fi
  for pause in "${S3_WAITS[@]}" ''; do
    s3_request "$@"
    case $HTTP_STATUS in
    200) return 0 ;;
    408 | 429) ;;
    3?? | 4??) return 1 ;;
    esac
    # 23: the disk takes no more; 63: too large. Neither passes by waiting.
    if ((CURL_STATUS == 23 || CURL_STATUS == 63)); then return 1; fi
    if [[ -n $pause ]]; then sleep "$pause"; fi
  done
  return 1
}

# Sets REPLY to the text of the XML element $1 of the refusal in the file $2.
xml_text() {
  local text
  text=$(head -c 4096 -- "$2" 2>/dev/null | tr -d '\000') || true
  REPLY=''
  if [[ $text =~ \<$1\>([^\<]{1,300})\</$1\> ]]; then REPLY=${BASH_REMATCH[1]}; fi
}

# Sets REPLY to the sentence for a request of $1 (what people call it) that failed; the answer lies in the file $2.
s3_problem() {
  local code message region where
  where="S3 (bucket ${SETTINGS[bucket]})"
  xml_text Message "$2"
  message=$REPLY
  xml_text Region "$2"
  region=$REPLY
  xml_text Code "$2"
  code=$REPLY
  fetch_mode
  # A presigned URL ends with the keys that signed it, too.
  if [[ $REPLY == presigned && $code == ExpiredToken ]]; then code=AccessDenied message='Request has expired'; fi
  case "$HTTP_STATUS $code" in
  000\ *)
    if ((CURL_STATUS == 23)); then
      write_problem "$1" "$2"
    elif ((CURL_STATUS == 63)); then
      REPLY="$1 is far too large"
    else
      REPLY="no whole answer from $where for $1: ${HTTP_ERROR:-no reason given}"
    fi
    ;;
  *AccessDenied)
    if [[ $message == *expired* ]]; then
      REPLY="the URL of $1 in user data has expired: launch a new machine, or give the role an instance_profile (fetch: profile)"
    else
      REPLY="$where refuses $1 (AccessDenied): the policy must allow s3:GetObject on it, or it isn't there (without s3:ListBucket S3 says the same)"
    fi
    ;;
  *NoSuchBucket) REPLY="there is no bucket ${SETTINGS[bucket]}" ;;
  *NoSuchKey | 404*) REPLY="$1 is not in the bucket ${SETTINGS[bucket]}" ;;
  *RequestTimeTooSkewed) REPLY="$where doesn't accept this machine's clock ($(date -u +%Y-%m-%dT%H:%M:%SZ)): set the time (chrony)" ;;
  *AuthorizationHeaderMalformed | *PermanentRedirect | 301* | 307*)
    REPLY="the bucket ${SETTINGS[bucket]} is in ${region:-another region}, not in ${SETTINGS[region]:-this one}: set its region"
    ;;
  *) REPLY="$where answers $HTTP_STATUS${code:+ $code} to a request for $1${message:+: $message}" ;;
  esac
}

# Sets REPLY to how many kB are free in the folder $1.
free_kb() {
  REPLY=$(df -Pk -- "$1" 2>/dev/null | { read -r _ && read -r _ _ _ REPLY _ && printf '%s' "$REPLY"; }) || REPLY=0
}

# Sets REPLY to the sentence for a disk without room for $1, where $2 kB are free.
no_room() {
  REPLY="no room on the disk for $1 (No space left on device; $2 kB are free)"
}

# Sets REPLY to the sentence for $1, which curl couldn't write to the file $2.
write_problem() {
  free_kb "${2%/*}"
  if ((REPLY < 1024)); then
    no_room "$1" "$REPLY"
  else
    REPLY="can't write $1 to ${2%/*}: ${HTTP_ERROR:-no reason given}; look for a read-only disk or one without inodes (df -i)"
  fi
}

# ---------------------------------------------------------------- steps deploy.pointer, fetch, verify, unpack
require_deploy_commands() {
  local name missing=()
  for name in chmod date df find grep gzip head ln mv readlink rm sort sync tar touch; do
    command -v "$name" >/dev/null || missing+=("$name")
  done
  if ((${#missing[@]} == 0)); then return 0; fi
  printf -v name '%s, ' "${missing[@]}"
  die "missing on this AMI, and needed to deploy a build: ${name%, }"
}

find_build() {
  require_deploy_commands
  app_folder
  APP_FOLDER=$REPLY
  (umask 022 && mkdir -p -- "$APP_FOLDER/builds") || die "can't make the folder $APP_FOLDER/builds"
  remove_leftovers
  if [[ -n ${SETTINGS[build]:-} ]]; then
    BUILD=${SETTINGS[build]} BUILD_SHA256=${SETTINGS[build_sha256]} BUILD_ARCHIVE=${SETTINGS[build_archive]:-$BUILD.tar.gz}
  else
    read_pointer
    read_manifest
  fi
  if [[ $BUILD_ARCHIVE != "$BUILD.tar.gz" && $BUILD_ARCHIVE != "$BUILD.tar.zst" ]]; then
    die "the archive of build $BUILD has the name of another one"
  fi
  if [[ $BUILD_ARCHIVE == *.zst ]] && ! command -v zstd >/dev/null; then
    die "build $BUILD is compressed with zstd, which is missing on this AMI"
  fi
  BUILD_DIR=$APP_FOLDER/builds/$BUILD-${BUILD_SHA256:0:12}
  if is_current; then
    say deploy.pointer "${SETTINGS[app]} $BUILD${BUILD_COMMIT:+ (commit $BUILD_COMMIT)} is current already"
  else
    say deploy.pointer "${SETTINGS[app]} is to be $BUILD${BUILD_COMMIT:+ (commit $BUILD_COMMIT)}"
  fi
}

is_current() {
  [[ -d $BUILD_DIR && $APP_FOLDER/current -ef $BUILD_DIR ]]
}

# The pointer's first line is the tag; the rest is history.
read_pointer() {
  local key=${SETTINGS[prefix]:-}pointers/${SETTINGS[app]}/${PERSONALITY[environment]} file=$WORK/pointer
  fetch_mode
  if [[ $REPLY == presigned ]]; then
    die 'fetch is presigned, but user data pins no build: only a URL in user data can be presigned'
  fi
  ensure_region
  url_of "$key"
  if ! s3_get "$REPLY" "$file" 4194304; then
    if [[ $HTTP_STATUS == 404 ]]; then
      xml_text Code "$file"
      if [[ $REPLY != NoSuchBucket ]]; then
        die "no build of ${SETTINGS[app]} is promoted to ${PERSONALITY[environment]}: there is no $key in the bucket ${SETTINGS[bucket]}"
      fi
    fi
    s3_problem "the pointer $key" "$file"
    die "$REPLY"
  fi
  IFS= read -r BUILD <"$file" || true
  BUILD=${BUILD%$'\r'}
  if [[ ! -s $file ]]; then die "the pointer $key is empty"; fi
  if [[ ! $BUILD =~ $PATH_NAME ]]; then
    BUILD=''
    die "the pointer $key names no build: its first line must be a tag"
  fi
}

# Sets REPLY to the value of a field of the manifest $2, which has a field a line, if the value matches $3.
manifest_field() {
  local line pattern='^  "'$1'": "('$3')",?$'
  REPLY=''
  while IFS= read -r line; do
    if [[ $line =~ $pattern ]]; then
      REPLY=${BASH_REMATCH[1]}
      return 0
    fi
  done <"$2"
}

read_manifest() {
  local key=${SETTINGS[prefix]:-}builds/${SETTINGS[app]}/$BUILD.json file=$WORK/manifest app
  url_of "$key"
  if ! s3_get "$REPLY" "$file" 4194304; then
    if [[ $HTTP_STATUS == 404 ]]; then
      die "the pointer names build $BUILD of ${SETTINGS[app]}, which isn't there: no $key in the bucket ${SETTINGS[bucket]}"
    fi
    s3_problem "the manifest $key" "$file"
    die "$REPLY"
  fi
  manifest_field app "$file" '[A-Za-z0-9._-]+'
  app=$REPLY
  manifest_field tag "$file" '[A-Za-z0-9._-]+'
  if [[ $app != "${SETTINGS[app]}" || $REPLY != "$BUILD" ]]; then
    die "$key in the bucket ${SETTINGS[bucket]} is not the manifest of ${SETTINGS[app]} $BUILD"
  fi
  manifest_field sha256 "$file" '[0-9a-f]{64}'
  BUILD_SHA256=$REPLY
  manifest_field archive "$file" '[A-Za-z0-9._-]+'
  BUILD_ARCHIVE=$REPLY
  manifest_field commit "$file" '[0-9a-f]{40,64}'
  BUILD_COMMIT=${REPLY:0:12}
  if [[ -z $BUILD_SHA256 || -z $BUILD_ARCHIVE ]]; then
    die "$key in the bucket ${SETTINGS[bucket]} is damaged: it lacks the archive's name or its SHA-256"
  fi
}

# Beside the builds, so that what has room there has room for good; removed whatever comes.
fetch_build() {
  local - key=${SETTINGS[prefix]:-}builds/${SETTINGS[app]}/$BUILD_ARCHIVE url
  set +x
  ARCHIVE=$APP_FOLDER/builds/.fetch-$BUILD_ARCHIVE
  fetch_mode
  if [[ $REPLY == presigned ]]; then
    url=${SETTINGS[build_url]:-}
    if [[ -z $url ]]; then die 'fetch is presigned, but user data has no rolecall_build_url'; fi
  else
    ensure_region
    url_of "$key"
    url=$REPLY
  fi
  if ! s3_get "$url" "$ARCHIVE"; then
    s3_problem "the archive $key" "$ARCHIVE"
    rm -f -- "$ARCHIVE"
    die "$REPLY"
  fi
  say deploy.fetch "$BUILD_ARCHIVE, $(stat -c %s -- "$ARCHIVE") bytes"
}

verify_build() {
  local size
  sha256_stdin <"$ARCHIVE"
  if [[ $REPLY == "$BUILD_SHA256" ]]; then return 0; fi
  size=$(stat -c %s -- "$ARCHIVE")
  rm -f -- "$ARCHIVE"
  die "the archive of build $BUILD is not the one that was published: its SHA-256 begins ${REPLY:0:12} ($size bytes), and ${BUILD_SHA256:0:12} was expected"
}

# What a crash of an earlier run has left.
remove_leftovers() {
  rm -rf -- "$APP_FOLDER"/builds/.fetch-* "$APP_FOLDER"/builds/.new-* "$APP_FOLDER"/builds/.old-* \
    "$APP_FOLDER"/.current-* || say "$STEP" "what an earlier run left in $APP_FOLDER can't be removed"
}

unpack_build() {
  if [[ ! -d $BUILD_DIR ]]; then
    unpack_archive
  else
    say deploy.unpack "build $BUILD is on this machine already"
  fi
  touch -- "$BUILD_DIR"
  # A rename replaces the old link at once: nobody finds none.
  ln -sfn -- "builds/${BUILD_DIR##*/}" "$APP_FOLDER/.current-new" || die "can't make a link in $APP_FOLDER"
  mv -T -- "$APP_FOLDER/.current-new" "$APP_FOLDER/current" || die "can't switch $APP_FOLDER/current"
  sync -f -- "$APP_FOLDER" || true
  prune_builds
  say deploy.unpack "${SETTINGS[app]} $BUILD${BUILD_COMMIT:+ (commit $BUILD_COMMIT)} is current"
}

unpack_archive() {
  local program=gzip fresh=$APP_FOLDER/builds/.new-${BUILD_DIR##*/} log=$WORK/unpack.log
  if [[ $ARCHIVE == *.zst ]]; then program=zstd; fi
  # Not below /var/log yet: where the disk is full, nothing could be written there about it.
  (umask 027 && : >"$log") || die "can't write $log"
  STEP_LOG=$log LOGS+=("$log")
  tar --list --verbose --quoting-style=escape --numeric-owner --use-compress-program="$program" --file="$ARCHIVE" \
    >"$WORK/members" 2>>"$log" 9>&- || give_up "the archive of build $BUILD can't be read"
  check_members "$WORK/members"
  (umask 022 && mkdir -- "$fresh") 2>>"$log" || give_up "build $BUILD can't be unpacked"
  (umask 022 && tar --extract --no-same-owner --no-same-permissions --delay-directory-restore \
    --use-compress-program="$program" --directory="$fresh" --file="$ARCHIVE" >>"$log" 2>&1 9>&-) ||
    give_up "build $BUILD can't be unpacked"
  check_tree "$fresh"
  # A build is for everybody to read and for nobody to change.
  find "$fresh" ! -type l -exec chmod u-s,g-s,-t,go-w,a+rX {} + >>"$log" 2>&1 || give_up "build $BUILD can't be given its rights"
  sync -f -- "$fresh" || true
  mv -T -- "$fresh" "$BUILD_DIR" || give_up "can't put build $BUILD in its place"
  rm -f -- "$ARCHIVE"
  STEP_LOG=''
}

# Ends the run for the reason $1, or because the disk is full; what was unpacked so far goes.
give_up() {
  local reason=$1 log=$ROOT/var/log/rolecall/unpack.log
  # Tar's own word for it is that it wrote only a part.
  if grep -q -e 'No space left on device' -e 'Wrote only' -- "$STEP_LOG" 2>/dev/null; then
    remove_leftovers
    free_kb "$APP_FOLDER"
    no_room "build $BUILD" "$REPLY"
    reason=$REPLY
  fi
  remove_leftovers
  # Now there is room for it.
  if rotate_log "$log" 2>/dev/null && mv -f -- "$STEP_LOG" "$log" 2>/dev/null; then STEP_LOG=$log; fi
  die "$reason"
}

# Looks at the names and kinds of an archive's members, as tar lists them in the file $1, before anything is written.
check_members() {
  local line name pattern='^([^ ]+) +[^ ]+ +[0-9,]+ +[^ ]+ +[^ ]+ (.*)$'
  while IFS= read -r line; do
    if [[ ! $line =~ $pattern ]]; then give_up "the archive of build $BUILD has a member that can't be understood"; fi
    name=${BASH_REMATCH[2]}
    case ${BASH_REMATCH[1]:0:1} in
    - | d) ;;
    l) name=${name%% -> *} ;;
    h) name=${name%% link to *} ;;
    *) give_up "the archive of build $BUILD holds a device or the like, which no build may: $name" ;;
    esac
    if [[ $name == /* ]]; then give_up "the archive of build $BUILD holds an absolute path: $name"; fi
    if [[ $name =~ (^|/)\.\.(/|$) ]]; then give_up "the archive of build $BUILD holds a path that leaves it: $name"; fi
  done <"$1"
}

# Looks at what was unpacked in the folder $1: nothing but files, folders, and links that stay inside.
check_tree() {
  local link target odd root
  odd=$(find "$1" ! -type f ! -type d ! -type l -print -quit)
  if [[ -n $odd ]]; then give_up "the archive of build $BUILD holds a device or the like, which no build may: ${odd#"$1/"}"; fi
  root=$(readlink -f -- "$1")
  while IFS= read -r -d '' link; do
    target=$(readlink -- "$link")
    if [[ $target == /* || $(readlink -m -- "$link")/ != "$root"/* ]]; then
      give_up "the archive of build $BUILD holds a link that leaves it: ${link#"$1/"} -> $target"
    fi
  done < <(find "$1" -type l -print0)
}

# Keeps the newest builds, among them the current one.
prune_builds() {
  local keep=${SETTINGS[keep]:-3} number=0 name
  while IFS= read -r -d '' name; do
    name=${name#* }
    number=$((number + 1))
    if ((number <= keep)) || [[ $name == "${BUILD_DIR##*/}" ]]; then continue; fi
    # Out of the way at once: what is only half removed must never pass for a build.
    { mv -T -- "$APP_FOLDER/builds/$name" "$APP_FOLDER/builds/.old-$name" && rm -rf -- "$APP_FOLDER/builds/.old-$name"; } ||
      say deploy.unpack "the old build $name can't be removed"
  done < <(find "$APP_FOLDER/builds" -mindepth 1 -maxdepth 1 -type d ! -name '.*' -printf '%T@ %f\0' | sort -zrn)
}

# ---------------------------------------------------------------- step init
# Sets INIT_SCRIPT to the first candidate there is, the most specific first, each looked for in every root in turn.
# One that is there but can't be run ends the run: falling back to a more general one would hide the mistake.
find_init_script() {
  local context=${PERSONALITY[context]} environment=${PERSONALITY[environment]} candidate root tried=''
  local roots=("$ROOT/etc/rolecall/init")
  if [[ -n $BUILD_DIR ]]; then roots=("$BUILD_DIR/init" "${roots[@]}"); fi
  for candidate in "$context/$environment/${PERSONALITY[machine_id]}.sh" "$context/$environment/bootstrapper.sh" \
    "$context/bootstrapper.sh"; do
    for root in "${roots[@]}"; do
      INIT_SCRIPT=$root/$candidate
      if [[ -f $INIT_SCRIPT && -r $INIT_SCRIPT ]]; then return 0; fi
      if [[ -e $INIT_SCRIPT || -L $INIT_SCRIPT ]]; then die "$INIT_SCRIPT is there, but is not a file that can be read"; fi
      tried+=", $INIT_SCRIPT"
    done
  done
  INIT_SCRIPT=''
  die "no init script for this machine; looked for ${tried#, }"
}

# Fills INIT_ENVIRONMENT: a clean base, the proxy that the bootstrapper itself was started with, and the personality,
# without rolecall's own keys except the launch id.
build_init_environment() {
  local key
  INIT_ENVIRONMENT=("PATH=$BOX_PATH" HOME=/root LANG=C.UTF-8 "ROLECALL_INSTANCE_ID=$INSTANCE_ID")
  if [[ -n $BUILD_DIR ]]; then INIT_ENVIRONMENT+=("ROLECALL_BUILD=$BUILD" "ROLECALL_BUILD_DIR=$BUILD_DIR"); fi
  for key in {http,https,no}_proxy {HTTP,HTTPS,NO}_PROXY; do
    if [[ -n ${!key:-} ]]; then INIT_ENVIRONMENT+=("$key=${!key}"); fi
  done
  for key in "${!PERSONALITY[@]}"; do
    if [[ $key != rolecall_* || $key == rolecall_launch ]]; then
      INIT_ENVIRONMENT+=("$key=${PERSONALITY[$key]}")
    fi
  done
}

# Runs in the background, in a process group of its own: the script, then a word to whoever reads fd 8.
# The script and its daemons get neither the lock (9) nor that line (8), nor the log's reader (7).
run_script() {
  local status=0
  trap - EXIT ERR TERM INT HUP PIPE
  set +ex
  unset NONCE TOKEN LAUNCH AWS_KEY AWS_SECRET AWS_TOKEN BEACON
  # Bash's own word about a killed script goes away; a better one follows.
  cd -- "${INIT_SCRIPT%/*}" &&
    { env -i "${INIT_ENVIRONMENT[@]}" "${INIT_COMMAND[@]}" 2>&1 7<&- 8>&- 9>&-; } 2>/dev/null
  status=$?
  if ((status > 128)) && kill -l "$status" >/dev/null 2>&1; then
    printf '%s was ended by SIG%s\n' "${INIT_SCRIPT##*/}" "$(kill -l "$status")"
  fi
  printf 'ended\n' >&8
  exit "$status"
}

# Prints the script's new summary lines (`rolecall: text`), read from the log on fd 7. Reading the log, rather than a
# pipe, lets daemons that the script left running keep their stdout for as long as they like.
print_summaries() {
  local - line
  local -a lines
  set +x
  mapfile -u 7 lines
  for line in ${lines[@]+"${lines[@]}"}; do
    line=$PARTIAL_LINE$line PARTIAL_LINE=''
    if [[ $line != *$'\n' ]]; then
      PARTIAL_LINE=$line
    elif [[ $line == 'rolecall: '* ]]; then
      print_summary "${line%$'\n'}"
    fi
  done
}

print_summary() {
  SUMMARIES=$((SUMMARIES + 1))
  if ((SUMMARIES <= SUMMARY_LINES)); then say init "${1#rolecall: }"; fi
  if ((SUMMARIES == SUMMARY_LINES)); then say init "further summaries are only in $STEP_LOG"; fi
}

# Waits for the background script, printing its summaries as they come; returns its status.
follow_script() {
  local _ended status=0
  while kill -0 "$CHILD" 2>/dev/null; do
    print_summaries
    if IFS= read -r -t 0.1 -u 8 _ended; then break; fi
  done
  wait "$CHILD" || status=$?
  CHILD=''
  print_summaries
  if [[ $PARTIAL_LINE == 'rolecall: '* ]]; then print_summary "$PARTIAL_LINE"; fi
  return "$status"
}

run_init() {
  local status=0 log=$ROOT/var/log/rolecall/init.log
  find_init_script
  build_init_environment
  if [[ -x $INIT_SCRIPT ]]; then INIT_COMMAND=("$INIT_SCRIPT"); else INIT_COMMAND=("$BASH" "$INIT_SCRIPT"); fi
  rotate_log "$log" || die "can't write $log"
  STEP_LOG=$log LOGS+=("$log")
  say init "running $INIT_SCRIPT"
  mkfifo -- "$WORK/ended"
  exec 7<"$log" 8<>"$WORK/ended"
  set -m # a process group of its own, in which ^C is not ignored
  run_script </dev/null >>"$log" 2>&1 &
  CHILD=$!
  set +m
  follow_script || status=$?
  exec 7<&- 8>&-
  if ((status != 0)); then exit "$status"; fi
  STEP_LOG=''
}

# Brings the build that is meant for this machine, whose init/ comes before the AMI's. Whatever fails, the build that was
# current before stays so.
deploy() {
  run_step deploy.pointer find_build
  if is_current; then return 0; fi
  if [[ ! -d $BUILD_DIR ]]; then
    run_step deploy.fetch fetch_build
    run_step deploy.verify verify_build
  fi
  run_step deploy.unpack unpack_build
}

# ---------------------------------------------------------------- main
main() {
  check_bash "${BASH_VERSINFO[0]}"
  start_run
  run_step metadata read_metadata
  run_step personality read_personality
  if deploys; then deploy; fi
  run_step init run_init
  local ms
  ms_since "$RUN_STARTED"
  ms=$REPLY
  # Without a nonce there is no verdict: then at least people shall see the end. Else the script has the last word.
  if [[ $IDENTITY == none ]]; then say init "role ${PERSONALITY[role]} is up after $ms ms"; fi
  give_verdict "ok init 0 $ms"
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then main; fi
