#!/bin/bash
# rolecall's bootstrapper (scheme A): reads this machine's user data, runs the init script that fits it, and says on
# the console how that went. Installed on the AMI as /usr/local/sbin/rolecall-bootstrapper; docs/bootstrapper.md.
#
# Needs bash >= 5.0, curl >= 7.68, coreutils, util-linux (flock), and sha256sum or openssl.
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
BOX_PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# ---------------------------------------------------------------- constants
USER_DATA_LIMIT=16384
EXCERPT_LINES=40
# EC2 keeps 64 KB of console: a talkative script must not push the markers out.
SUMMARY_LINES=100
LINE_LENGTH=400
LOG_GENERATIONS=4
KEY='^[a-z][a-z0-9_]{0,63}$'
PATH_NAME='^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'
NONCE_VALUE='^[0-9a-f]{32}$'
ORDINARY_VALUE='^[A-Za-z0-9 ._:,/@%+=~-]*$'
URL_VALUE='^[]A-Za-z0-9._~:/?#@!&()*+,;=%[-]*$'
ERROR_WORDS='(error|fatal|fail|failed|failure|cannot|can.t|could not|unable|denied|refused|not found|no such'
ERROR_WORDS+='|unbound variable|invalid|panic|exception|timed out)'

# ---------------------------------------------------------------- the state of one run
reset_state() {
  RUN='' SEQ=0 STEP=metadata RUN_STARTED=0 STEP_STARTED=0
  LAUNCH='' NONCE='' IDENTITY=pending PENDING=() SINKS=() VERDICT_GIVEN=''
  TOKEN='' HTTP_STATUS=000 HTTP_REQUEST='' HTTP_ERROR=''
  WORK='' INSTANCE_ID='' CHILD='' STEP_LOG='' FAILURE='' BROKEN_LINE=''
  FAULTS=() INIT_SCRIPT='' INIT_COMMAND=() INIT_ENVIRONMENT=() PARTIAL_LINE='' SUMMARIES=0
  declare -gA PERSONALITY=()
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
  if rotate_log "$log" 2>/dev/null; then SINKS+=("$log"); fi
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

# Prints the marker of EVENT $2 at $1 ms since 1970, $3 times. Without an identity only a failed verdict has a form.
print_marker() {
  local body text='' count
  if [[ $IDENTITY != known && $2 != 'verdict failed '* ]]; then return 0; fi
  SEQ=$((SEQ + 1))
  body="${LAUNCH:--} $RUN $SEQ ${1:0:-3}.${1: -3} $2" REPLY=-
  if [[ $IDENTITY == known ]]; then mac_of "$body"; fi
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
  if [[ -n $CHILD ]]; then kill -TERM -- "-$CHILD" 2>/dev/null || true; fi
  die "stopped by SIG$1" "$2"
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
    say metadata "user data is a #! script, which is not the bootstrapper's: nothing to do"
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
}

read_personality() {
  local file=$WORK/user-data
  check_user_data "$file"
  if ((${#FAULTS[@]} == 0)); then
    learn_identity "$file"
    parse_personality "$file"
  else
    settle_identity none
  fi
  rm -f -- "$file"
  if ((${#FAULTS[@]} > 0)); then die "${FAULTS[0]}"; fi
  PERSONALITY[machine_id]=${PERSONALITY[machine_id]:-$INSTANCE_ID}
  say personality "environment ${PERSONALITY[environment]}, role ${PERSONALITY[role]}, context ${PERSONALITY[context]}, machine ${PERSONALITY[machine_id]}"
}

# ---------------------------------------------------------------- step init
# Sets INIT_SCRIPT to the first candidate there is, the most specific first, each looked for in every root in turn.
# One that is there but can't be run ends the run: falling back to a more general one would hide the mistake.
find_init_script() {
  local context=${PERSONALITY[context]} environment=${PERSONALITY[environment]} candidate root tried=''
  # The build's own init/ will stand first here, once the deploy step has put it on the machine.
  local roots=("$ROOT/etc/rolecall/init")
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

# Fills INIT_ENVIRONMENT: a clean base and the personality, without rolecall's own keys except the launch id.
build_init_environment() {
  local key
  INIT_ENVIRONMENT=("PATH=$BOX_PATH" HOME=/root LANG=C.UTF-8 "ROLECALL_INSTANCE_ID=$INSTANCE_ID")
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
  unset NONCE TOKEN LAUNCH
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
  STEP_LOG=$log
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

# ---------------------------------------------------------------- main
main() {
  check_bash "${BASH_VERSINFO[0]}"
  start_run
  run_step metadata read_metadata
  run_step personality read_personality
  # Step `deploy` has its place here: it brings the build whose init/ comes before the AMI's.
  run_step init run_init
  local ms
  ms_since "$RUN_STARTED"
  ms=$REPLY
  # Without a nonce there is no verdict: then at least people shall see the end. Else the script has the last word.
  if [[ $IDENTITY == none ]]; then say init "role ${PERSONALITY[role]} is up after $ms ms"; fi
  give_verdict "ok init 0 $ms"
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then main; fi
