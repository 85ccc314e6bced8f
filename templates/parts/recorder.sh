# The recorder: what a bash script notes about its own failing commands, through BASH_ENV; docs/failures.md.

# Prints the file that bash reads before the script $1: records go to $2; the script prints to the log $3, or to a pipe ('').
# What is printed here runs inside somebody else's script. It sets no variable that the script may have, and prints nothing.
recorder_of() {
  # shellcheck disable=SC2016 # the script's shell expands it
  local text call='rolecall__failed "$?" "$BASH_COMMAND" "${PIPESTATUS[@]}"'
  # Most failures that the script outlives end here: a word of `case` costs little, and leaves `$?` and PIPESTATUS.
  local trap="case \$-:\$BASHPID in *e*) $call ;; *:\$\$) case \${FUNCNAME-}:\$((LINENO < LAST_LINE)) in :1) ;; *) $call ;; esac ;; *) $call ;; esac"
  text=$(declare -f rolecall__failed)
  # The script's child shells read no such file: theirs may belong to programs that are no bash scripts.
  printf 'unset BASH_ENV\n'
  if traces "$1"; then
    # Our own commands would stand in the script's trace.
    trap="{ $trap; } 2>/dev/null"
  else
    text+=$'\n'$(declare -f rolecall__left rolecall__exit)
    text=${text/rolecall__exit ()/exit ()}
  fi
  last_line "$1"
  text=${text//LAST_LINE/$REPLY} trap=${trap//LAST_LINE/$REPLY}
  text=${text//RECORD_FILE/$2}
  printf '%s\n' "${text//LOG_FILE/$3}"
  # With errtrace a script's own trap would fire in functions and subshells, too, where it doesn't without us.
  if ! sets_traps "$1"; then printf 'set -E\n'; fi
  printf "trap '%s' ERR\n" "$trap"
}

# Sets REPLY to the line of the script $1 on which its last command begins, as far as the text tells: without errexit, a
# failure before it is none, since the script goes on.
last_line() {
  local number=0 line goes_on=''
  local closer='^[[:space:]]*(#.*|(done|fi|esac|[})]|;;|[[:space:]])*)$'
  REPLY=1
  while IFS= read -r line || [[ -n $line ]]; do
    number=$((number + 1))
    if [[ -z $goes_on && ! $line =~ $closer ]]; then REPLY=$number; fi
    if [[ $line =~ (\\|\||\&\&)$ ]]; then goes_on=yes; else goes_on=''; fi
  done <"$1"
}

# Whether the script $1 prints a trace (`set -x`).
traces() {
  grep -qE -e '^#!.*[[:space:]]-[[:alpha:]]*x' -e '(^|[^[:alnum:]_])set[[:space:]]+(-[[:alpha:]]+[[:space:]]+)*-([[:alpha:]]*x|o[[:space:]]+xtrace)' -- "$1" 2>/dev/null
}

# Whether the script $1, or what it sources, sets a trap that errtrace or our own commands would disturb. Where that can't be
# known, it counts as yes.
sets_traps() {
  local file word files=("$1") seen=' '
  local trap='(^|[^[:alnum:]_-])trap[[:space:]]+(--[[:space:]]+)?('\''[^'\'']*'\''|"([^"\\]|\\.)*"|[^[:space:]'\''"])+([[:space:]]+[A-Za-z0-9]+)*[[:space:]]+((SIG)?(ERR|err|RETURN|return|DEBUG|debug)([^[:alnum:]_]|$)|"?\$)'
  local source='(^|[;&|({[:space:]])(source|\.)[[:space:]]+("[^"]+"|'\''[^'\'']+'\''|[^[:space:];&|)]+)'
  while ((${#files[@]} > 0)); do
    file=${files[0]} files=("${files[@]:1}")
    if [[ $seen == *" $file "* ]]; then continue; fi
    seen+="$file "
    if grep -qzE -- "$trap" "$file" 2>/dev/null; then return 0; fi
    while IFS= read -r word; do
      if [[ ! $word =~ $source ]]; then continue; fi
      sourced_file "${BASH_REMATCH[3]}" "${1%/*}" || return 0
      files+=("$REPLY")
    done < <(grep -vE '^[[:space:]]*#' -- "$file" 2>/dev/null | grep -oE -- "$source")
  done
  return 1
}

# Sets REPLY to the file that the word $1 of a script in the folder $2 names. Fails where that can't be known.
sourced_file() {
  local word=$1 name value
  local -A known=([ROLECALL_BUNDLE_DIR]=${BUNDLE:-} [ROLECALL_LIB]=${BUNDLE:-}/.lib/module-lib.sh [ROLECALL_BUILD_DIR]=${BUILD_DIR:-})
  word=${word#[\"\']} word=${word%[\"\']}
  for name in "${!PERSONALITY[@]}"; do known[$name]=${PERSONALITY[$name]}; done
  for name in "${!known[@]}"; do
    value=${known[$name]}
    if [[ -z $value || $word != *'$'* ]]; then continue; fi
    word=${word//"\$$name"/"$value"}
    word=${word//"\${$name"?(:?*([!\}]))\}/"$value"}
  done
  if [[ $word != *[\$\`*?]* ]]; then
    REPLY=$word
    if [[ $word != /* ]]; then REPLY=$2/$word; fi
    [[ -r $REPLY && ! -p $REPLY && ! -c $REPLY ]]
    return
  fi
  # Its folder stands in a variable: the only file of this name below the script's folder, or below the build's.
  name=${word##*/}
  if [[ $name == *[\$\`*?]* || $word == *'<('* ]]; then return 1; fi
  REPLY=$(find "${BUILD_DIR:-$2}" "$2" -name "$name" -type f 2>/dev/null | sort -u | head -n 2)
  [[ -n $REPLY && $REPLY != *$'\n'* ]]
}

# ---- inside the script

# Notes that a command has failed: rolecall__failed STATUS COMMAND PIPESTATUS... Only a failure that ends the script is noted,
# and the newest one in a subshell: its shell may fail on the same line.
rolecall__failed() {
  if [[ $- != *e* && $BASHPID == "$$" ]] && ((BASH_LINENO[-2] < LAST_LINE)); then return 0; fi
  local rolecall__file="RECORD_FILE" rolecall__at='' rolecall__key=''
  # The shell ends for an earlier failure: what its EXIT trap does is no cause.
  if [[ -n ${rolecall__over:-} ]]; then return 0; fi
  if [[ $BASHPID != "$$" ]]; then
    rolecall__file+=.sub
  elif [[ $- == *e* ]]; then
    rolecall__over=yes
    if [[ /dev/fd/1 -ef "LOG_FILE" ]]; then read -r rolecall__key rolecall__at </proc/self/fdinfo/1 || :; fi
  else
    rolecall__key=$1:${BASH_LINENO[-2]}
    # A function that fails fails its caller, too: the innermost tells the most.
    if [[ ${rolecall__last:-} == "$rolecall__key "* && ${rolecall__last#* } -gt ${#FUNCNAME[@]} ]]; then return 0; fi
    rolecall__last="$rolecall__key ${#FUNCNAME[@]}"
  fi
  printf '%s\0' "$1" "$-" "$rolecall__at" "$2" "$(($# - 2))" "${@:3}" \
    "${FUNCNAME[@]:1}" "${BASH_SOURCE[@]:1}" "${BASH_LINENO[@]:0:${#FUNCNAME[@]}-1}" >|"$rolecall__file" 2>&-
}

# Notes which line calls `exit`: rolecall__left STATUS-BEFORE [STATUS]. Returns the status before.
rolecall__left() {
  local rolecall__at='' rolecall__key='' rolecall__name
  if [[ ${2:-$1} == 0 || -n ${rolecall__over:-} || $BASHPID != "$$" ]]; then return "$1"; fi
  rolecall__over=yes
  if [[ /dev/fd/1 -ef "LOG_FILE" ]]; then read -r rolecall__key rolecall__at </proc/self/fdinfo/1 || :; fi
  {
    printf '%s\0' "${2:-$1}" "$-" "$rolecall__at" "exit${2:+ $2}" 0 \
      "${FUNCNAME[@]:2}" "${BASH_SOURCE[@]:2}" "${BASH_LINENO[@]:1:${#FUNCNAME[@]}-2}"
  } >|"RECORD_FILE.exit"
  for rolecall__name in "${FUNCNAME[@]:2}"; do declare -f "$rolecall__name" || :; done >|"RECORD_FILE.functions"
  return "$1"
}

# Stands for `exit` in the script.
rolecall__exit() {
  { rolecall__left "$?" "$@"; } 2>/dev/null || builtin exit "$@"
  builtin exit "$@"
}
