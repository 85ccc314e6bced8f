# What is known of a script's failure: facts for the one who judges, on the operator's side; docs/failures.md.

# The script as people know it, its path, where its records go, and the program that runs it.
SCRIPT='' SCRIPT_PATH='' RECORD='' INTERPRETER=''
# What the `#!` line gives the program besides.
OPTIONS=()
# Lines `NAME VALUE` for the console.
FACTS=()

# Sets INTERPRETER to the name of the program that runs the script $1 where it is executed, bash where it has no `#!` line, and
# OPTIONS. Ends the run for one that can't be run: the kernel would say of each only that there is no such file.
find_interpreter() {
  local line word words=() index=0
  IFS= read -r line <"$1" 2>/dev/null || true
  INTERPRETER=bash OPTIONS=()
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
  INTERPRETER=${word##*/} OPTIONS=("${words[@]:index+1}")
}

# Sets REPLY to the recorder's file for the script SCRIPT_PATH, or to '' where its interpreter reads none, or where the script
# would do something else with it. The script prints to the log $1.
prepare_recorder() {
  RECORD=$WORK/record.$STEP
  # A module may stand in the list twice.
  if [[ -e $RECORD.env ]]; then rm -f -- "$RECORD" "$RECORD".*; fi
  if [[ $INTERPRETER == bash ]] && recorder_of "$SCRIPT_PATH" "$RECORD" "$1" 2>/dev/null >"$RECORD.env"; then
    REPLY=$RECORD.env
  else
    REPLY=''
  fi
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
  elif read_record "$RECORD" && is_ours; then
    how='command' at=$AT status=$STATUS
    inner_record "$RECORD"
    command_place
  elif read_record "$RECORD.last" && is_ours && [[ $STATUS == "$1" ]]; then
    how='command' status=$STATUS
    inner_record "$RECORD.last"
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
  if [[ $signal == KILL ]]; then
    kernel_word
    fact kernel "$REPLY"
  fi
  if [[ ! -s $STEP_LOG ]]; then
    fact silent yes
    FAILURE+=${FAILURE:+; it printed nothing}
  fi
  cut_excerpt "$at"
  if ((BEHIND > 0)); then fact behind "$BEHIND"; fi
  if [[ $how == unknown ]]; then told_place; fi
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

# Sets REPLY to the newest line in which the kernel says, since the step began, that it has killed a process for want of memory.
kernel_word() {
  local word since found=''
  ms_since "$STEP_AT"
  since=$REPLY
  uptime_cs
  since=$(((REPLY * 10 - since) / 1000 - 1))
  while IFS= read -r word; do
    if [[ $word =~ ^\[\ *([0-9]+)\.[0-9]+\] ]] && ((BASH_REMATCH[1] >= since)); then found=${word#*] }; fi
  done < <(timeout -s KILL 5 dmesg 2>/dev/null | grep -aE 'Out of memory: Killed|oom-kill:|Memory cgroup out of memory')
  REPLY=$found
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
