# What a script is doing now: which command, on which line, and since when.

# What find_place finds; DOING_SINCE in hundredths of a second since the machine started.
DOING='' DOING_FILE='' DOING_LINE='' DOING_SHELL='' DOING_SINCE=0
# SHELL_PID: the innermost shell that runs a script, which it has open as SHELL_FD. WORKER: what it has started, or else ''.
SHELL_PID='' SHELL_FD='' WORKER=''
# Where the shell was at the last look, and since when; and where it was when it last waited for a program. Before bash starts
# a program it sets its position in the script to the end of the command; otherwise it has read ahead.
PLACE='' PLACE_AT='' SURE_PLACE='' SURE_ARGV=()
# Programs that run another one, which tells more.
WRAPPERS=' timeout sudo su runuser flock env nice setsid chroot '

# Sets SHELL_PID, SHELL_FD and WORKER.
find_worker() {
  local pid=$CHILD shell=''
  SHELL_PID='' SHELL_FD='' WORKER=''
  while busiest_kid "$pid"; do
    pid=$REPLY
    argv_of "$pid"
    # One that ends just now has none.
    if [[ -z ${ARGV[0]} ]]; then break; fi
    # A subshell has the shell's.
    if [[ -n $shell && "${ARGV[*]}" == "$shell" ]]; then continue; fi
    if script_fd "$pid"; then
      SHELL_PID=$pid SHELL_FD=$REPLY WORKER='' shell=${ARGV[*]}
    elif [[ -z $shell ]]; then
      WORKER=$pid # another interpreter, or what it has started
    else
      WORKER=${WORKER:-$pid}
      if [[ $WRAPPERS != *" ${ARGV[0]##*/} "* ]]; then break; fi
    fi
  done
  if [[ -n $WORKER ]]; then argv_of "$WORKER"; fi
}

# Sets REPLY to the number by which the shell $1, of the command line ARGV, has its script open: bash 255, dash 10.
script_fd() {
  local word name=${ARGV[0]##*/}
  case ${name#-} in
  bash) REPLY=255 ;;
  sh | dash) if [[ -e /proc/$1/fd/255 ]]; then REPLY=255; else REPLY=10; fi ;;
  *) return 1 ;;
  esac
  if [[ ! -f /proc/$1/fd/$REPLY ]]; then return 1; fi
  for word in "${ARGV[@]:1}"; do
    if [[ $word != /* ]]; then word=/proc/$1/cwd/$word; fi
    if [[ $word -ef /proc/$1/fd/$REPLY ]]; then
      # `service` and the like are scripts, too, and nobody's here.
      [[ ! $(readlink -- "/proc/$1/fd/$REPLY") =~ ^(/usr)?/(s?bin|lib)/|^/etc/init\.d/ ]]
      return
    fi
  done
  return 1
}

# Sets REPLY to how far SHELL_PID has read its script: the end of the command at its top level that it runs now.
read_pos() {
  local lines=()
  lines_of "/proc/$SHELL_PID/fdinfo/$SHELL_FD"
  REPLY=${lines[0]:-}
  REPLY=${REPLY//[!0-9]/}
}

# Notes, at $1, since when the shell has been where it is.
look() {
  find_worker
  if [[ -z $SHELL_PID ]]; then return 0; fi
  read_pos
  if [[ -z $REPLY ]]; then return 0; fi
  if [[ -n $WORKER ]] && ! in_background "$WORKER"; then SURE_PLACE="$SHELL_PID $REPLY" SURE_ARGV=("${ARGV[@]}"); fi
  if [[ $PLACE != "$SHELL_PID $REPLY" ]]; then PLACE="$SHELL_PID $REPLY" PLACE_AT=$1; fi
}

# Fills DOING..., at $1.
find_place() {
  local tries
  DOING='' DOING_LINE='' DOING_FILE=$SCRIPT DOING_SHELL=$INTERPRETER
  # A loop may be between two programs.
  for ((tries = 0; tries < 10; tries++)); do
    look "$1"
    if [[ -n $WORKER ]]; then break; fi
    sleep 0.02
  done
  if [[ -z $WORKER && -n $PLACE && $PLACE == "$SURE_PLACE" ]] && stat_of "$SHELL_PID" && [[ $STATE != R ]]; then
    # The last one that was seen there has just ended.
    WORKER=0 ARGV=("${SURE_ARGV[@]}")
  fi
  DOING_SINCE=${PLACE_AT:-$STEP_CS}
  if [[ -n $WORKER ]]; then
    DOING_SINCE=$1
    if stat_of "$WORKER"; then DOING_SINCE=$START; fi
    plain_command
    DOING=$REPLY
  fi
  if [[ -z $SHELL_PID ]]; then return 0; fi
  DOING_SHELL=bash
  if [[ $SHELL_FD != 255 ]]; then DOING_SHELL='sh'; fi
  name_file "$(readlink -- "/proc/$SHELL_PID/fd/$SHELL_FD")"
  DOING_FILE=$REPLY
  find_line "$1"
}

# Sets REPLY to ARGV without the words that may be secret.
plain_command() {
  local word hidden='' secret='pass|pwd|token|secret|key|auth|cred'
  local plain='^([A-Za-z0-9_./:+,-]{1,24}|[A-Za-z0-9_+,-]*[./][A-Za-z0-9_./:+,-]{1,80})$'
  REPLY=${ARGV[0]##*/}
  for word in "${ARGV[@]:1:9}"; do
    if [[ -n $hidden ]]; then
      hidden='' REPLY+=' ...'
    elif [[ $word =~ ^--?[a-z-]+$ && ${word,,} =~ $secret || $word == -[puH] ]]; then
      hidden=yes REPLY+=" $word"
    elif [[ $word =~ $plain && $word != -p* && ! ${word,,} =~ $secret ]]; then
      REPLY+=" $word"
    else
      REPLY+=' ...'
    fi
  done
}

# Sets DOING_LINE, at $1, and DOING to what stands there.
find_line() {
  local rows=() end=0 begin=0 bytes=0 pos at='' sure=''
  # An installer may have its archive behind the script.
  mapfile -t rows < <(head -c 262144 "/proc/$SHELL_PID/fd/$SHELL_FD" 2>/dev/null | tr -d '\000')
  if ((${#rows[@]} == 0)); then return 0; fi
  if [[ $SHELL_FD == 255 ]]; then
    pos=${PLACE##* }
    for (( ; end < ${#rows[@]} && bytes < ${pos:-0}; end++)); do bytes=$((bytes + ${#rows[end]} + 1)); done
    if [[ -n $PLACE && $PLACE == "$SURE_PLACE" ]] || ((bytes > 0 && bytes == pos && end < ${#rows[@]})); then sure=yes; fi
  fi
  if [[ -n $sure ]]; then
    begin_of_command
    if [[ -n $WORKER ]]; then at=$(row_of "$begin" "$end" last); fi
  fi
  if [[ -z $at && -n $WORKER ]]; then at=$(row_of 0 "${#rows[@]}" only); fi
  if [[ -n $at ]]; then
    around_row "$1"
    calling_row
  elif [[ -n $sure ]]; then
    at=$begin
  elif [[ -z $WORKER ]]; then
    own_command
  fi
  if [[ -z $at ]]; then return 0; fi
  DOING_LINE=$((at + 1))
  # The script's text has names of variables where ARGV may have secrets.
  if [[ -n $WORKER && ${rows[at]} == *"${ARGV[*]}"* ]] && ! is_loop "${rows[at]}"; then
    DOING=${ARGV[*]}
  else
    source_text "/proc/$SHELL_PID/fd/$SHELL_FD" "$DOING_LINE"
    bare_command "$REPLY"
  fi
}

# Sets DOING to the command in the line $1: without what belongs to the statement around it, and of a list or a pipeline the
# part that runs ARGV.
bare_command() {
  local list part parts words=("${ARGV[@]:1}" '') label='^\(?[A-Za-z0-9_.*?|-]+\)[[:space:]]+(.*)$'
  DOING=$1
  if [[ $DOING =~ $label ]]; then DOING=${BASH_REMATCH[1]}; fi
  DOING=${DOING%%*([[:space:]])?(;);}
  DOING=${DOING%%*([[:space:]])?(;)*([[:space:]])@(do|then)}
  if [[ -z $WORKER ]] || is_loop "$DOING"; then return 0; fi
  list=${DOING// || /$'\n'} list=${list// && /$'\n'} list=${list//; /$'\n'}
  mapfile -t parts <<<"$list"
  for part in "${parts[@]}"; do
    if runs_argv "$part"; then
      DOING=${part##@(if|elif|while|until)+( )}
      DOING=${DOING##'!'+( )}
      break
    fi
  done
  split_pipeline "$DOING"
  for part in "${PIPELINE[@]}"; do
    if runs_argv "$part"; then
      DOING=$part
      break
    fi
  done
}

# Whether the text $1 names the program of ARGV, and ends no quotation in its middle.
runs_argv() {
  local single=${1//[!\']/} double=${1//[!\"]/}
  if ((${#single} % 2 || ${#double} % 2)); then return 1; fi
  stands_alone "$1" "${ARGV[0]##*/}" || { [[ ${words[0]} == */* ]] && stands_alone "$1" "${words[0]##*/}"; }
}

# Sets `at` where the shell runs none but its own commands: to the only row with a loop that goes on by itself, or with a
# command that may wait.
own_command() {
  local index pattern='(^|[[:space:];(])(read|mapfile|readarray|wait|select|exec)([[:space:];]|$)|/dev/(tcp|udp)/' found=()
  if stat_of "$SHELL_PID" && [[ $STATE == R ]]; then pattern='^[[:space:]]*(while|until|for)[[:space:]]'; fi
  for index in "${!rows[@]}"; do
    if [[ ${rows[index]} =~ $pattern && ! ${rows[index]} =~ ^[[:space:]]*# ]]; then found+=("$index"); fi
  done
  if ((${#found[@]} == 1)); then at=${found[0]}; fi
}

# Where the row `at` runs what a function was given (`until "$@"`), sets it to the only row that calls the function.
calling_row() {
  local index=$at name='' definition='^[[:space:]]*(function[[:space:]]+)?([A-Za-z_][A-Za-z0-9_-]*)[[:space:]]*\(\)' calls=()
  if [[ ${rows[at]} != *'"$'[@*]'"'* ]]; then return 0; fi
  for (( ; index >= 0; index--)); do
    if [[ ${rows[index]} =~ $definition ]]; then
      name=${BASH_REMATCH[2]}
      break
    fi
  done
  if [[ -z $name ]]; then return 0; fi
  if [[ -n $sure ]] && stands_alone "${rows[begin]}" "$name"; then
    at=$begin
    return 0
  fi
  for index in "${!rows[@]}"; do
    if [[ ! ${rows[index]} =~ $definition|^[[:space:]]*# ]] && stands_alone "${rows[index]}" "$name"; then calls+=("$index"); fi
  done
  if ((${#calls[@]} == 1)); then at=${calls[0]}; fi
}

# Sets `begin` to the row on which the command begins that ends before the row `end`.
begin_of_command() {
  local row indent index depth=0 opener='' closer
  begin=$((end > 0 ? end - 1 : 0))
  while ((begin > 0)) && [[ ${rows[begin]} =~ ^[[:space:]]*(#.*)?$ ]]; do begin=$((begin - 1)); done
  row=${rows[begin]}
  indent=${row%%[![:space:]]*}
  row=${row#"$indent"}
  case $row in
  done*) closer='done' opener='^(while|until|for|select)[[:space:]]|[[:space:]]do$' ;;
  fi*) closer='fi' opener='^if[[:space:]]' ;;
  esac*) closer='esac' opener='^case[[:space:]]' ;;
  '}'*) closer='}' opener='\{$' ;;
  ')'*) closer=')' opener='\($' ;;
  esac
  for ((index = begin - 1; index >= 0; index--)); do
    if [[ -z $opener ]]; then
      # The end of a here-document is a word alone.
      if ! [[ $row =~ ^[A-Za-z_]+$ ]]; then break; fi
      if [[ ${rows[index]} == *'<<'*"$row"* ]]; then depth=-1; fi
    elif [[ ${rows[index]} == "$indent$closer"* ]]; then
      depth=$((depth + 1))
    elif [[ ${rows[index]} == "$indent"[![:space:]]* && ${rows[index]#"$indent"} =~ $opener && ${rows[index]} != *[[:space:]\;]"$closer"* ]]; then
      depth=$((depth - 1))
    fi
    if ((depth < 0)); then
      begin=$index
      break
    fi
  done
  while ((begin > 0)) && [[ ${rows[begin - 1]} =~ (\\|\||\&\&)$ ]]; do begin=$((begin - 1)); done
}

# Prints the row from $1 to before $2 that runs ARGV: the last one (`last`), or the only one (`only`); the whole command
# line counts before the program's name.
row_of() {
  local index pattern found words=("${ARGV[@]:1}" '')
  for pattern in "${ARGV[*]}" "${ARGV[0]##*/}" "${words[0]##*/}"; do
    found=()
    if [[ ${#pattern} -lt 2 || $pattern == -* ]]; then continue; fi
    for ((index = $1; index < $2; index++)); do
      if [[ ! ${rows[index]} =~ ^[[:space:]]*# ]] && stands_alone "${rows[index]}" "$pattern"; then found+=("$index"); fi
    done
    if ((${#found[@]} == 1)) || { [[ $3 == last ]] && ((${#found[@]} > 1)); }; then
      printf '%s' "${found[-1]}"
      return 0
    fi
  done
}

# Whether the text $1 holds the word $2.
stands_alone() {
  local left=${1%%"$2"*} right=${1#*"$2"}
  [[ $1 != "$left" && $left != *[A-Za-z0-9_.-] && $right != [A-Za-z0-9_.-]* ]]
}

# Where the command on the row `at` is one of many that a loop runs, sets `at` to the loop's row, and DOING_SINCE to when the
# shell came there; $1 is now.
around_row() {
  local index row limit
  if [[ -z $PLACE_AT ]] || ((($1 - DOING_SINCE) * 2 > $1 - PLACE_AT)); then return 0; fi
  limit=${rows[at]%%[![:space:]]*}
  limit=$((${#limit} + 1))
  for ((index = at; index >= 0 && limit > 0; index--)); do
    row=${rows[index]%%[![:space:]]*}
    if [[ ${rows[index]} != *[![:space:]]* ]] || ((${#row} >= limit)); then continue; fi
    limit=${#row}
    if is_loop "${rows[index]}"; then break; fi
  done
  # A script may indent nothing.
  if ((index < 0)) || ! is_loop "${rows[index]}"; then index=$begin; fi
  if is_loop "${rows[index]}"; then at=$index DOING_SINCE=$PLACE_AT; fi
}

is_loop() {
  [[ $1 =~ ^[[:space:]]*(while|until|for)[[:space:]] ]]
}
