# The recorder: what a bash script notes about its own failing commands, through BASH_ENV; docs/failures.md.

# Prints the file that bash reads before the script $1: records go to $2; the script prints to the log $3, or to a pipe ('').
# Fails for a script that bears no recorder. What is printed here runs inside somebody else's script: it sets no variable,
# prints nothing, and calls every builtin by `builtin`, since the script may have functions of such names.
recorder_of() {
  local places call trap
  study_script "$1"
  if [[ $BEARS != *@(command|exit)* ]]; then return 1; fi
  printf -v places '%q %q' "$2" "$3"
  # The script's child shells read no such file: theirs may belong to programs that are no bash scripts.
  printf 'unset BASH_ENV\n'
  if [[ $BEARS == *exit* ]]; then
    declare -f rolecall__left rolecall__odd
    # shellcheck disable=SC2016 # the script's shell expands it
    printf 'exit() {\nif rolecall__left %s "$?" "$@"; then builtin exit "$@"; else builtin exit "$@"; fi\n}\n' "$places"
  fi
  if [[ $BEARS != *command* ]]; then return 0; fi
  declare -f rolecall__failed
  # Most failures that the script outlives end here: a word of `case` costs little, and leaves `$?`, `$_` and PIPESTATUS.
  # shellcheck disable=SC2016 # the script's shell expands it
  call='rolecall__failed '$places' "$?" "$BASH_COMMAND" "${PIPESTATUS[@]}" "$_"'
  # shellcheck disable=SC2016 # the script's shell expands it
  trap='case ${-##*e*}:$((BASHPID-$$)):$(((${#BASH_LINENO[@]}>1?BASH_LINENO[-2]:LINENO)<'$LAST')) in ?*:0:1) ;; *) '$call' ;; esac'
  if [[ $BEARS == *' trace'* ]]; then trap="{ $trap; } 2>/dev/null"; fi
  if [[ $BEARS == *' errtrace'* ]]; then printf 'set -E\n'; fi
  printf 'trap %q ERR\n' "$trap"
}

# ---- inside the script

# Notes that a command has failed: rolecall__failed RECORD LOG STATUS COMMAND PIPESTATUS... LAST-ARGUMENT. The newest failure
# in a subshell goes to RECORD.sub: its shell may fail on the same line. One that ends the script goes to RECORD; one without
# errexit, which is the script's only if the script ends with it, to RECORD.last. The last argument is what `$_` was.
rolecall__failed() {
  # Not in one word each: with `set -k`, assignments are no arguments.
  builtin local rolecall__file rolecall__key rolecall__at rolecall__rows
  rolecall__file=$1 rolecall__at='' rolecall__key=${BASH_LINENO[${#BASH_LINENO[@]} - 2]}:${#FUNCNAME[@]}
  # The shell ends for an earlier failure: what its EXIT trap does is no cause.
  if [[ ! -e $1 && ! -e $1.exit ]]; then
    if [[ $BASHPID != "$$" ]]; then
      rolecall__file+=.sub
    elif [[ -o errexit ]]; then
      if [[ /dev/fd/1 -ef $2 ]]; then
        builtin mapfile -t -n 1 rolecall__rows 2>&- </proc/self/fdinfo/1 || [[ -n $1 ]]
        rolecall__at=${rolecall__rows[0]-}
        rolecall__at=${rolecall__at##*[!0-9]}
      fi
    else
      rolecall__file+=.last
      # A function that fails fails its caller, too: the innermost tells the most.
      if [[ -e $rolecall__file ]]; then
        builtin mapfile -d '' -t -n 2 rolecall__rows 2>&- <"$rolecall__file" || [[ -n $1 ]]
        if [[ ${rolecall__rows[1]-} == "${rolecall__key%:*}":* && ${rolecall__rows[0]} == "$3" && ${rolecall__rows[1]##*:} -gt ${#FUNCNAME[@]} ]]; then
          rolecall__file=''
        fi
      fi
    fi
    if [[ -n $rolecall__file ]]; then
      builtin printf '%s\0' "$3" "$rolecall__key" "$rolecall__at" "$4" "$(($# - 5))" "${@:5:$#-5}" "${FUNCNAME[@]:1}" \
        "${BASH_SOURCE[@]:1}" "${BASH_LINENO[@]:0:${#FUNCNAME[@]}-1}" 2>&- >|"$rolecall__file" || [[ -n $1 ]]
    fi
  fi
}

# Notes which line calls `exit`: rolecall__left RECORD LOG STATUS-BEFORE [STATUS]. Returns the status before.
rolecall__left() {
  builtin local rolecall__at rolecall__rows rolecall__name
  if [[ $# -gt 4 || ${4-0} != ?([-+])+([0-9]) || ${4-0} == ?????????* ]]; then
    rolecall__odd "${@:4}"
    builtin return "$3"
  fi
  if [[ $((${4:-$3} & 255)) == 0 || -e $1 || -e $1.exit || $BASHPID != "$$" ]]; then builtin return "$3"; fi
  rolecall__at=''
  if [[ /dev/fd/1 -ef $2 ]]; then
    builtin mapfile -t -n 1 rolecall__rows 2>&- </proc/self/fdinfo/1 || [[ -n $1 ]]
    rolecall__at=${rolecall__rows[0]-}
    rolecall__at=${rolecall__at##*[!0-9]}
  fi
  builtin printf '%s\0' "${4:-$3}" '' "$rolecall__at" "exit${4:+ $4}" 0 "${FUNCNAME[@]:2}" "${BASH_SOURCE[@]:2}" \
    "${BASH_LINENO[@]:1:${#FUNCNAME[@]}-2}" 2>&- >|"$1.exit" || [[ -n $1 ]]
  for rolecall__name in "${FUNCNAME[@]:2}"; do builtin declare -f "$rolecall__name" || [[ -n $1 ]]; done 2>&- >|"$1.functions"
  builtin return "$3"
}

# Calls `exit` with arguments that it may refuse: its message names the caller's line, and not ours.
rolecall__odd() {
  builtin local rolecall__said rolecall__status
  rolecall__status=0
  rolecall__said=$(builtin exit "$@" 2>&1 >/dev/null) || rolecall__status=$?
  if [[ $rolecall__said != *': exit: '* ]]; then builtin return 0; fi
  builtin printf '%s: line %s: exit: %s\n' "${BASH_SOURCE[3]-$0}" "${BASH_LINENO[2]}" "${rolecall__said#*: exit: }" >&2 || [[ -n $1 ]]
  # With more than one number it ends no more than the line.
  if (($# == 1)); then builtin exit "$rolecall__status"; fi
  builtin exit "$@" 2>/dev/null
}
