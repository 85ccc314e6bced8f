# Records: what the recorder has noted, and the names of files.

# Reads the record $1: the STATUS of the command, how much of the log there was (AT), the COMMAND, the STAGES' statuses, and from the inside out the FUNCTIONS, FILES and LINES. Fails where there is none.
read_record() {
  local fields=() size
  if ! mapfile -d '' -t fields 2>/dev/null <"$1" || ((${#fields[@]} < 8)); then return 1; fi
  STATUS=${fields[0]} AT=${fields[2]} COMMAND=${fields[3]}
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

# Where a subshell has failed on the line, or in the command, in which its parent did, its record tells more than $1, the parent's.
inner_record() {
  local status=$STATUS line=${LINES_OF[-1]} command=$COMMAND
  if read_record "$RECORD.sub" && [[ $STATUS == "$status" ]] &&
    [[ ${LINES_OF[-1]} == "$line" || $command == *"$COMMAND"* ]]; then return 0; fi
  read_record "$1"
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
