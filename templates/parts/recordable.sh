# Recordable: how much of the recorder a bash script bears without doing anything else than before, as far as its text
# tells; docs/failures.md.

# Regular expressions over the whole text, since a loop over its lines takes long. TEXT_WORD: before a word that stands outside of a
# comment; TEXT_END: behind a signal's name; TEXT_SET: `set` and options of it.
TEXT_WORD='(^|
)[[:blank:]]*([^#[:space:]][^
]*[^[:alnum:]_$-]|[^#[:space:][:alnum:]_$-])?'
TEXT_END='["'\''[:space:];&|)}]'
TEXT_SET='set([[:blank:]]+["'\'']?[-+]?[[:alnum:]]+["'\'']?)*[[:blank:]]+["'\'']?'
# A source command; the third group is the file.
TEXT_SOURCE='(^|[;&|({[:space:]])(source|\.)[[:space:]]+("[^"]+"|'\''[^'\'']+'\''|[^[:space:];&|)]+)'
# Longer ones hold data.
TEXT_LIMIT=200000

# Sets BEARS to what is right for the script $1, started by bash with the options OPTIONS: `command` (an ERR trap), `errtrace`
# (set -E), `exit` (a function that stands for exit), `trace` (it may print a trace). Sets LAST to the line on which its last
# command begins: without errexit, a failure before it is none, since the script goes on.
study_script() {
  local file seen=' ' files=("$1") lines=() text='' part found=' '
  BEARS='' LAST=1
  bears_options || return 0
  while ((${#files[@]} > 0)); do
    file=${files[0]} files=("${files[@]:1}")
    # Our own library is known to disturb nothing.
    if [[ $seen == *" $file "* || $file == "${BUNDLE:-/}/.lib/"* ]]; then continue; fi
    seen+="$file "
    mapfile -t lines 2>/dev/null <"$file" || true
    if [[ $file == "$1" ]]; then last_line; fi
    printf -v part '%s\n' ${lines[@]+"${lines[@]}"}
    text+=$part
    if ((${#text} > TEXT_LIMIT)); then return 0; fi
    if [[ $part =~ $TEXT_SOURCE ]]; then find_sources; fi
  done
  if needs_all; then return 0; fi
  if has "$TEXT_WORD($TEXT_SET(-[[:alpha:]]*x|xtrace|[$])|shopt[^
]*xtrace)|SHELLOPTS"; then found+='trace '; fi
  if has "${TEXT_WORD}trap[[:blank:]]"; then find_traps; fi
  # Our own commands and functions would set off such traps.
  if [[ $found == *' debug '* ]]; then return 0; fi
  # Where a function or a file sets an ERR trap and fails, the trap runs for its caller, too, if there was another before.
  if [[ $found != *' err '* ]]; then BEARS='command'; fi
  # With errtrace a script's own trap would fire in functions and subshells, too.
  if [[ $found != *@(' return '|' variable '|' unknown ')* ]]; then BEARS+=' errtrace'; fi
  # Our own commands would stand in the trace.
  if [[ $found == *' trace '* ]]; then BEARS+=' trace'; elif [[ $found != *' no-exit '* ]]; then BEARS+=' exit'; fi
}

has() {
  [[ $text =~ $1 ]]
}

# Whether the script sets something up that every command of ours would meet: echoed or refused commands, counted functions and
# descriptors, a trace that we can't hide, or variables of bash's that mean nothing any more.
needs_all() {
  has 'FUNCNEST|BASH_ARG|BASH_XTRACEFD|prlimit|PS4=[^
]*[(`]' ||
    has "$TEXT_WORD($TEXT_SET(-[[:alpha:]]*[vr]|verbose|restricted)|shopt[^
]*verbose|builtin[[:blank:]]*\(\)|function[[:blank:]]+builtin|enable[[:blank:]]+-[a-z]*n|unset[^
]*(BASH_LINENO|BASH_SOURCE|BASH_COMMAND|BASHPID|FUNCNAME|PIPESTATUS|LINENO))" ||
    has "${TEXT_WORD}ulimit[[:blank:]]+(-[SH]+[[:blank:]]+)?-[SH]*(f[[:blank:]]*[^u[:blank:]]|n[[:blank:]]*[0-9]{1,2}[^0-9])"
}

# Adds to `found` which traps the script sets: `err`, `return`, `debug`, `variable` (its signals stand in a variable); `debug` also
# for RETURN where our functions would set it off; `no-exit` where an EXIT trap would notice our function.
find_traps() {
  local blank='([[:blank:]]|\\
)+' action='('\''[^'\'']*'\''|"([^"\\]|\\.)*"|[^[:space:]'\''"]+)' at_exit=''
  if has "${TEXT_WORD}trap$blank((--$blank)?$action(${blank}[A-Za-z0-9]+)*${blank}[\"']?[$]|[\"']?[$][{]?[@*])"; then found+='variable '; fi
  if sets_trap 'ERR|err' ERR; then found+='err '; fi
  if sets_trap 'DEBUG|debug' DEBUG; then found+='debug '; fi
  if sets_trap 'RETURN|return' RETURN; then
    found+='return '
    if has "${TEXT_WORD}(${TEXT_SET}-[[:alpha:]]*T|(declare|typeset)[[:blank:]]+-[A-Za-z]*t)|functrace|extdebug"; then found+='debug '; fi
  fi
  if sets_trap 'EXIT|exit|0' EXIT; then at_exit=yes; fi
  if [[ -z $at_exit ]]; then return 0; fi
  # In an EXIT trap `exit` gives the status from before the trap, unless an ERR trap has run since.
  if has "${TEXT_WORD}exit[[:blank:]]*[\"';&|)}#
]"; then found+='err '; fi
  # The EXIT trap would see our arguments, and our function in its stack. What an action over lines does is not looked at.
  if has "FUNCNAME|BASH_LINENO|BASH_COMMAND|caller|BASH_SOURCE\[[^0]|${TEXT_WORD}trap[[:blank:]]([^
]*([$][{]?[1-9@*#]|LINENO|return|local)|(--[[:blank:]]+)?[$]?('[^'
]*|\"[^\"
]*)
)"; then found+='no-exit '; fi
}

# Whether the script sets a trap for a signal $1, an alternation: on the line of a `trap`, or behind an action that goes over lines.
# A word $2 anywhere may be meant where signals stand in variables: `for name in ERR EXIT`.
sets_trap() {
  has "${TEXT_WORD}trap[[:blank:]][^
]*[[:blank:]\"'](SIG|sig)?($1)$TEXT_END|[\"'][[:blank:]]+([A-Z0-9]+[[:blank:]]+)*(SIG)?($2)$TEXT_END" ||
    { [[ $found == *' variable '* ]] && has "[[:blank:]\"'(](SIG)?$2$TEXT_END"; }
}

# Adds the files that `lines` source to `files`.
find_sources() {
  local line
  for line in "${lines[@]}"; do
    case $line in *source* | *'. '*) ;; *) continue ;; esac
    if [[ $line == *([[:blank:]])'#'* || ! $line =~ $TEXT_SOURCE ]]; then continue; fi
    if sourced_file "${BASH_REMATCH[3]}" "${file%/*}"; then files+=("$REPLY"); else found+='unknown '; fi
  done
}

# Whether bash, started with OPTIONS, reads the recorder's file, and without a trace.
bears_options() {
  local option named=''
  for option in ${OPTIONS[@]+"${OPTIONS[@]}"}; do
    case $named$option in
    -o) named=yes ;;
    -e | -u | -eu | -ue | -- | --norc | --noprofile | yeserrexit | yesnounset | yespipefail) named='' ;;
    *) return 1 ;;
    esac
  done
}

# Sets LAST for `lines`.
last_line() {
  local at text blanks most='' closer='^(fi|done|esac|else|elif|then|do|\}|\)|;;)([^[:alnum:]_]|$)'
  for ((at = ${#lines[@]} - 1; at > 0; at--)); do
    text=${lines[at]#"${lines[at]%%[![:blank:]]*}"}
    if [[ -z $text || $text == '#'* ]]; then continue; fi
    blanks=$((${#lines[at]} - ${#text}))
    if [[ -z $most ]]; then
      most=$blanks
      here_document "$text"
    fi
    if ((blanks > most)); then continue; fi
    if [[ $text =~ $closer ]]; then continue; fi
    if [[ ${lines[at - 1]} == *@(\\|'|'|'&&') ]]; then continue; fi
    break
  done
  LAST=$((at > 0 ? at + 1 : 1))
}

# Where the word $1 at the line `at` ends a here-document, sets `at` to the line on which it begins.
here_document() {
  local from
  if [[ $1 != [A-Za-z_]*([A-Za-z0-9_]) ]]; then return 0; fi
  for ((from = at - 1; from >= 0; from--)); do
    if [[ ${lines[from]} == *'<<'?(-)*([[:blank:]])?([\"\'\\])"$1"?([!A-Za-z0-9_]*) ]]; then
      at=$from
      return 0
    fi
  done
}

# Sets REPLY to the file that the word $1 of a script in the folder $2 names. Fails where that can't be known.
sourced_file() {
  local word=$1 name rest root
  word=${word#[\"\']} word=${word%[\"\']}
  # A personality's word: `../roles/${role:?}.sh`.
  for name in "${!PERSONALITY[@]}"; do
    if [[ $word != *'$'* ]]; then break; fi
    word=${word//"\${$name"?(:?*([!\}]))\}/"${PERSONALITY[$name]}"}
    if [[ $word =~ ^(.*)\$"$name"([^[:alnum:]_].*|)$ ]]; then word=${BASH_REMATCH[1]}${PERSONALITY[$name]}${BASH_REMATCH[2]}; fi
  done
  name=''
  # shellcheck disable=SC2016 # as they stand in a script
  case $word in
  '$ROLECALL_LIB' | '${ROLECALL_LIB}' | '${ROLECALL_LIB:'*) REPLY=${BUNDLE:-}/.lib/module-lib.sh ;;
  /dev/* | *'<('*) return 1 ;;
  /*[\$\`]* | [!/]*) name=${word##*/} ;;
  *) REPLY=$word ;;
  esac
  if [[ -z ${name:-} ]]; then
    # One that isn't there yet is made by the script, whose own text tells what is in it.
    if [[ ! -e $REPLY ]]; then REPLY=/dev/null; fi
    [[ -r $REPLY ]]
    return
  fi
  if [[ $name == *[\$\`*?]* ]]; then return 1; fi
  # Its folder stands in a variable: often the script's, or the build's.
  case $word in
  [\$\`]*[\}\)\`\"]/*) rest=${word##*[\}\)\`\"]/} ;;
  \$*) rest=${word#*/} ;;
  *) rest=$word ;;
  esac
  for root in "$2" ${BUILD_DIR:+"$BUILD_DIR"}; do
    REPLY=$root/$rest
    if [[ -r $REPLY ]]; then return 0; fi
  done
  # Or else the only file of this name below them.
  REPLY=$(find "${BUILD_DIR:-$2}" "$2" -name "$name" -type f 2>/dev/null | sort -u | head -n 2)
  if [[ -z $REPLY && $word != *[\$\`]* ]]; then REPLY=/dev/null; fi
  [[ -n $REPLY && $REPLY != *$'\n'* ]]
}
