# What the text of a script tells of the command that has failed.

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

# Where line `at` of `rows` stands in a text in quotes, or in a here-document, sets `at` to the line on which that begins.
statement_start() {
  local index text bare quote='' end='' from=0 before
  for ((index = 0; index <= at && index < ${#rows[@]}; index++)); do
    text=${rows[index]}
    if [[ -n $end ]]; then
      trimmed "$text"
      if [[ $REPLY == "$end" ]]; then end=''; fi
      continue
    fi
    if [[ -z $quote ]]; then from=$index; fi
    text=${text//\\[\"\'\\]/} bare=''
    while [[ -n $text ]]; do
      if [[ -n $quote ]]; then
        if [[ $text != *"$quote"* ]]; then break; fi
        text=${text#*"$quote"} quote=''
      elif [[ $text =~ ^([^\'\"#]*)([\'\"#])(.*)$ ]]; then
        before=${BASH_REMATCH[1]} quote=${BASH_REMATCH[2]} text=${BASH_REMATCH[3]}
        bare+=$before
        if [[ $quote != '#' ]]; then continue; fi
        quote=''
        if [[ -z $before || $before == *[[:space:]] ]]; then break; fi
      else
        bare+=$text
        break
      fi
    done
    if [[ -z $quote && $bare =~ (^|[^<])\<\<-?([^<]|$) && ${rows[index]} =~ \<\<-?[[:space:]]*[\\\"\']?([A-Za-z_][A-Za-z0-9_]*) ]]; then end=${BASH_REMATCH[1]}; fi
  done
  at=$from
}

# Sets REPLY to the command that stands on the line $2 of the file $1, with the lines on which it goes on.
source_text() {
  local rows=() at=$(($2 - 1)) joined=''
  REPLY=''
  if [[ ! -r $1 ]]; then return 0; fi
  mapfile -t -n $(($2 + 10)) rows <"$1"
  statement_start
  while ((at > 0)) && [[ ${rows[at - 1]} =~ (\\|\|)$ ]]; do at=$((at - 1)); done
  while ((at < ${#rows[@]})); do
    trimmed "${rows[at]}"
    trimmed "${REPLY%\\}"
    joined+=" $REPLY"
    if ! [[ ${rows[at]} =~ (\\|\||\&\&)$ ]]; then break; fi
    at=$((at + 1))
  done
  trimmed "$joined"
}

# Sets command and line to what was asked before the script gave up: `COMMAND || exit`, `if ! COMMAND; then ...; exit`.
condition() {
  local rows=() at=$((line - 1)) one
  if [[ $command == *' || '* && -r $path ]]; then
    one=${command%%' || '*}
    mapfile -t -n "$line" rows <"$path"
    earlier_command
    command=${one#'! '} line=$((at + 1))
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
    # `COMMAND || rc=$?`
    if [[ $REPLY == *' || '* ]]; then REPLY=${REPLY%%' || '*}; else line_before; fi
  else
    return 0
  fi
  if ((at < 0)); then at=$before; else one=$REPLY; fi
}

# Sets `at` to the line before it on which a command begins, and REPLY to its text.
line_before() {
  for ((at--; at >= 0; at--)); do
    trimmed "${rows[at]}"
    if [[ -z $REPLY || $REPLY == '#'* ]]; then continue; fi
    statement_start
    trimmed "${rows[at]}"
    return 0
  done
}

# For an interpreter that leaves no record: sets what find_cause tells where the last line that the script has printed names a
# place of the script (`FILE: line 3: ...` of bash, `FILE: 3: ...` of dash).
told_place() {
  local form='^(.+): (line )?([0-9]+): ' text
  last_words
  text=$FAILURE FAILURE=''
  if [[ $INTERPRETER != @(bash|sh|dash) || ! $text =~ $form ]]; then return 0; fi
  if [[ ${BASH_REMATCH[1]##*/} != "${SCRIPT_PATH##*/}" ]]; then return 0; fi
  set -- "${BASH_REMATCH[3]}"
  fact file "$SCRIPT"
  fact line "$1"
  # An error of syntax is of no command.
  if [[ $text =~ (syntax|Syntax)' error'|'unexpected EOF' ]]; then return 0; fi
  source_text "$SCRIPT_PATH" "$1"
  fact 'command' "$REPLY"
}
