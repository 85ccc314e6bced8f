# What is known of a script's failure: facts for the one who judges, on the operator's side; docs/failures.md.

# The script as people know it, its path, where its records go, and the program that runs it.
SCRIPT='' SCRIPT_PATH='' RECORD='' INTERPRETER=''
# Lines `NAME VALUE` for the console.
FACTS=()

# Sets INTERPRETER to the name of the program that runs the script $1 where it is executed: bash where it has no `#!` line.
# Ends the run for one that can't be run: the kernel would say of each only that there is no such file.
find_interpreter() {
  local line word words=() index=0
  IFS= read -r line <"$1" 2>/dev/null || true
  INTERPRETER=bash
  if [[ $line != '#!'* ]]; then return 0; fi
  if [[ $line == *$'\r' ]]; then
    die "the first line of $SCRIPT ends in CRLF, so that the kernel looks for a program whose name ends in a carriage return: save the script with line ends of Unix" 126
  fi
  read -r -a words <<<"${line#'#!'}"
  word=${words[0]:-}
  if [[ ${word##*/} == env ]]; then
    for ((index = 1; index < ${#words[@]}; index++)); do
      word=${words[index]}
      if [[ $word != -* && $word != *=* ]]; then break; fi
    done
    PATH=$BOX_PATH command -v -- "$word" >/dev/null || die "the interpreter of $SCRIPT is not on this AMI: $word" 127
  elif [[ ! -x $word ]]; then
    die "the interpreter of $SCRIPT is not on this AMI: $word" 127
  fi
  INTERPRETER=${word##*/}
  if [[ " ${words[*]:index+1} " == *' -'*([a-z])p* ]]; then INTERPRETER='bash -p'; fi
}

# Sets REPLY to the recorder's file for the script SCRIPT_PATH, or to '' where its interpreter reads none. The script prints
# to the log $1.
prepare_recorder() {
  RECORD=$WORK/record.$STEP REPLY=''
  rm -f -- "$RECORD" "$RECORD".*
  if [[ $INTERPRETER != bash ]]; then return 0; fi
  if recorder_of "$SCRIPT_PATH" "$RECORD" "$1" >"$RECORD.env" 2>/dev/null; then REPLY=$RECORD.env; fi
}

fact() {
  if [[ -n ${2:-} ]]; then FACTS+=("$1 $2"); fi
}

# Fills FACTS and sets FAILURE, for the script that has ended with the status $1.
find_cause() {
  local how=unknown status=$1 command='' file='' line=0 name='' signal='' at=''
  if read_record "$RECORD.exit" && [[ $STATUS == "$1" ]] && is_ours; then
    how='exit' at=$AT
    exit_place
  elif read_record "$RECORD" && is_ours && [[ $FLAGS == *e* || $STATUS == "$1" ]]; then
    how='command' at=$AT status=$STATUS
    inner_record
    command_place
  fi
  if [[ -n $KILLED ]]; then how=signal; fi
  if ((status > 128)); then signal=$(kill -l "$status" 2>/dev/null) || true; fi
  FACTS+=("how $how")
  fact interpreter "$INTERPRETER"
  # An error message of the interpreter names the path; people know the script by its name.
  fact script "$SCRIPT"
  fact path "${SCRIPT_PATH#"$ROOT"}"
  if [[ $how != @(unknown|signal) ]]; then
    fact file "$file"
    fact line "$line"
    fact 'function' "$name"
    fact 'command' "$command"
    fact status "$status"
    FAILURE="line $line of $file${name:+, in $name}: $command (status $status)"
  fi
  fact signal "$signal"
  if [[ $signal == KILL ]]; then fact kernel "$(kernel_word)"; fi
  if [[ ! -s $STEP_LOG ]]; then
    fact silent yes
    FAILURE+=${FAILURE:+; it printed nothing}
  fi
  cut_excerpt "$at"
  if ((BEHIND > 0)); then fact behind "$BEHIND"; fi
  if [[ $how == signal ]]; then FAILURE="$SCRIPT was ended by SIG$signal"; fi
  if [[ -z $FAILURE ]]; then last_words; fi
}

# Sets FAILURE to the last line that the script printed.
last_words() {
  local text
  FAILURE='it printed nothing'
  for text in ${EXCERPT[@]+"${EXCERPT[@]}"}; do
    if [[ $text == *[![:space:]]* ]]; then FAILURE=$text; fi
  done
}

# The newest word of the kernel about memory, since the machine started.
kernel_word() {
  timeout -s KILL 5 dmesg 2>/dev/null | grep -aE 'Out of memory: Killed|oom-kill:|Memory cgroup out of memory' | tail -n 1
}

# ---- records

# Reads the record $1: the STATUS of the command, the shell's FLAGS, how much of the log there was (AT), the COMMAND, the
# STAGES' statuses, and from the inside out the FUNCTIONS, FILES and LINES. Fails where there is none.
read_record() {
  local fields=() size
  if ! mapfile -d '' -t fields 2>/dev/null <"$1" || ((${#fields[@]} < 8)); then return 1; fi
  STATUS=${fields[0]} FLAGS=${fields[1]} AT=${fields[2]} COMMAND=${fields[3]}
  STAGES=("${fields[@]:5:fields[4]}")
  fields=("${fields[@]:5+fields[4]}")
  size=$((${#fields[@]} / 3))
  FUNCTIONS=("${fields[@]:0:size}") FILES=("${fields[@]:size:size}") LINES_OF=("${fields[@]:2*size:size}")
  ((size > 0))
}

# Whether the record is of the script's own lines. In a trap that runs at the script's end bash counts from line 1.
is_ours() {
  local first=''
  IFS= read -r first 2>/dev/null <"$SCRIPT_PATH" || true
  ! [[ ${LINES_OF[-1]} == 1 && $first == '#'* ]]
}

# Where a subshell has failed on the line, or in the command, in which its parent did, its record tells more.
inner_record() {
  local status=$STATUS line=${LINES_OF[-1]} command=$COMMAND
  if read_record "$RECORD.sub" && [[ $STATUS == "$status" ]] &&
    [[ ${LINES_OF[-1]} == "$line" || $command == *"$COMMAND"* ]]; then return 0; fi
  read_record "$RECORD"
}

# Sets file, line and name to the frame $1 of the record.
frame() {
  file=${FILES[$1]} line=${LINES_OF[$1]} name=${FUNCTIONS[$1]}
  if [[ $name == source ]] || (($1 == ${#FUNCTIONS[@]} - 1)); then name=''; fi
  path=$file
  if [[ $path != /* ]]; then path=${SCRIPT_PATH%/*}/$path; fi
  name_file "$path"
  file=$REPLY
}

# Sets REPLY to the name by which people know the file $1, which has an absolute path.
name_file() {
  local root part parts=()
  REPLY=''
  IFS=/ read -r -a parts <<<"${1#/}"
  for part in "${parts[@]}"; do
    case $part in
    '' | .) ;;
    ..) REPLY=${REPLY%/*} ;;
    *) REPLY+=/$part ;;
    esac
  done
  if [[ $1 == "$SCRIPT_PATH" ]]; then REPLY=$SCRIPT; fi
  for root in ${BUNDLE:+"$BUNDLE/"} ${BUILD_DIR:+"$BUILD_DIR/init/" "$BUILD_DIR/"} "$ROOT/etc/rolecall/init/"; do
    REPLY=${REPLY#"$root"}
  done
  if [[ -n $ROOT ]]; then REPLY=${REPLY#"$ROOT"}; fi
}

# Sets what find_cause tells of a command that has failed.
command_place() {
  local path='' stage
  frame 0
  command=${COMMAND%%$'\n'*}
  if [[ $command == return* ]]; then
    # The function has spoken for itself; its caller failed for it.
    source_text "$path" "$line"
    command=$REPLY
  elif ((${#STAGES[@]} > 1)); then
    source_text "$path" "$line"
    failing_stage "$REPLY"
  elif ((${#LINES_OF[@]} > 1)) && is_bare "$command"; then
    # A wrapper such as `run() { "$@"; }`: its caller names the command.
    frame 1
    source_text "$path" "$line"
    command=$REPLY
  fi
}

# Whether the command $1 is made of nothing but variables.
is_bare() {
  # shellcheck disable=SC2016 # as it stands in a script
  local variable='"?\$([A-Za-z0-9_@*]+|\{[^}]*\})"?'
  [[ $1 =~ ^(eval[[:space:]]+|exec[[:space:]]+)?$variable([[:space:]]+$variable)*$ ]]
}

# Sets command and status to the first stage of the pipeline $1 that has failed on its own account.
failing_stage() {
  local index at=''
  split_pipeline "$1"
  for index in "${!STAGES[@]}"; do
    if [[ ${STAGES[index]} == 0 ]]; then continue; fi
    at=${at:-$index}
    # One that writes to a stage that has gone, and one that has found nothing, leave it to a later one.
    if [[ ${STAGES[index]} == 141 ]]; then continue; fi
    if [[ ${STAGES[index]} == 1 && ${PIPELINE[index]:-} == @(grep|egrep|diff|cmp)' '* && $index -lt $((${#STAGES[@]} - 1)) && ${STAGES[-1]} != 0 ]]; then continue; fi
    at=$index
    break
  done
  status=${STAGES[at]}
  if ((${#PIPELINE[@]} == ${#STAGES[@]})); then command=${PIPELINE[at]}; else command=$1; fi
}

# Sets PIPELINE to the stages of the pipeline $1: split at each `|` that stands outside quotes, brackets and `||`.
split_pipeline() {
  local text=$1 at character quote='' depth=0 stage=''
  PIPELINE=()
  for ((at = 0; at < ${#text}; at++)); do
    character=${text:at:1}
    if [[ -n $quote ]]; then
      if [[ $character == "$quote" ]]; then quote=''; fi
    else
      case $character in
      \' | \") quote=$character ;;
      \\) stage+=$character character=${text:++at:1} ;;
      '(' | '{') depth=$((depth + 1)) ;;
      ')' | '}') depth=$((depth - 1)) ;;
      '|')
        if ((depth == 0)) && [[ ${text:at+1:1} != '|' && ${text:at-1:1} != '|' ]]; then
          add_stage "$stage"
          stage=''
          if [[ ${text:at+1:1} == '&' ]]; then at=$((at + 1)); fi
          continue
        fi
        ;;
      esac
    fi
    stage+=$character
  done
  add_stage "$stage"
}

add_stage() {
  trimmed "$1"
  PIPELINE+=("$REPLY")
}

trimmed() {
  REPLY=${1#"${1%%[![:space:]]*}"}
  REPLY=${REPLY%"${REPLY##*[![:space:]]}"}
}

# Sets REPLY to the command that stands on the line $2 of the file $1, with the lines on which it goes on.
source_text() {
  local rows=() at=$(($2 - 1)) joined=''
  REPLY=''
  if [[ ! -r $1 ]]; then return 0; fi
  mapfile -t -n $(($2 + 10)) rows <"$1"
  while ((at > 0)) && [[ ${rows[at - 1]} =~ (\\|\|)$ ]]; do at=$((at - 1)); done
  while ((at < ${#rows[@]})); do
    trimmed "${rows[at]}"
    joined+=" ${REPLY%\\}"
    if ! [[ ${rows[at]} =~ (\\|\||\&\&)$ ]]; then break; fi
    at=$((at + 1))
  done
  trimmed "$joined"
}

# ---- exit

# Sets what find_cause tells of a call of `exit`: the line that has called it, beyond functions such as die, which do nothing
# else; and there the command whose failure was the reason, where the text tells it.
exit_place() {
  local path='' at=0
  while ((at < ${#FUNCTIONS[@]} - 1)) && ends_in_exit "${FUNCTIONS[at]}"; do at=$((at + 1)); done
  frame "$at"
  source_text "$path" "$line"
  command=$REPLY
  condition
}

# Whether the function $1 ends in `exit`, whatever came before.
ends_in_exit() {
  local text='' inside='' last=''
  while IFS= read -r text; do
    if [[ $text == "$1 () "* ]]; then inside=yes; fi
    if [[ -z $inside ]]; then continue; fi
    if [[ $text == '}' ]]; then break; fi
    last=$text
  done 2>/dev/null <"$RECORD.functions"
  [[ $last =~ ^\ {4}(builtin\ |command\ )?exit([^[:alnum:]_]|$) ]]
}

# Sets command and line to what was asked before the script gave up: `COMMAND || exit`, `if ! COMMAND; then ...; exit`.
condition() {
  local rows=() at=$((line - 1)) one
  if [[ $command == *' || '* ]]; then
    command=${command%%' || '*}
    return 0
  fi
  if [[ $command =~ ^[^\']*\;[[:space:]]*(exit([[:space:]][^\;]*)?)$ && $command != 'if '* ]]; then command=${BASH_REMATCH[1]}; fi
  if [[ ! -r $path ]]; then return 0; fi
  mapfile -t -n "$line" rows <"$path"
  for (( ; at >= 0 && at > line - 16; at--)); do
    trimmed "${rows[at]}"
    one=$REPLY
    case $one in
    'if '* | 'elif '*)
      one=${one#*if } one=${one%%; then*}
      break
      ;;
    *' || {' | *' || (')
      one=${one%' || '?}
      break
      ;;
    'fi' | 'done' | 'esac' | '}' | *'() {' | *';;' | 'case '*) return 0 ;;
    *) one='' ;;
    esac
  done
  if [[ -z ${one:-} ]]; then return 0; fi
  earlier_command
  if ((at < 0)); then return 0; fi
  command=${one#'! '} line=$((at + 1))
}

# Where the condition `one` asks for `$?`, or for a variable that the line before has set to it, sets `one` and `at` to the
# command before.
earlier_command() {
  # shellcheck disable=SC2016 # as it stands in a script
  local variable='' before=$at status='\$(\?|\{\?\})'
  if [[ $one =~ ^\(\([[:space:]]*([A-Za-z_][A-Za-z0-9_]*) || $one =~ \$\{?([A-Za-z_][A-Za-z0-9_]*) ]]; then variable=${BASH_REMATCH[1]}; fi
  if [[ $one =~ $status ]]; then
    line_before
  elif [[ -n $variable ]]; then
    line_before
    if [[ ! $REPLY =~ (^|[[:space:]])$variable=\"?$status\"?$ ]]; then
      at=$before
      return 0
    fi
    line_before
  else
    return 0
  fi
  one=$REPLY
}

# Sets `at` to the last line before it that holds more than a comment, and REPLY to its text.
line_before() {
  for ((at--; at >= 0; at--)); do
    trimmed "${rows[at]}"
    if [[ -n $REPLY && $REPLY != '#'* ]]; then return 0; fi
  done
}
