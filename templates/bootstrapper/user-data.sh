# Step personality: user data.

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
    LAUNCH=$launch NONCE=$nonce MASKS[nonce]=$nonce
    settle_signer known
  else
    settle_signer none
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
  rolecall_timeout)
    [[ $2 =~ $SECONDS_VALUE ]] || REPLY='must be whole seconds, 1 to 9999999'
    ;;
  rolecall_beacon_policy | rolecall_beacon_token | rolecall_log_policy)
    if ((${#2} > 8192)); then
      REPLY='must have at most 8192 characters'
    elif [[ ! $2 =~ $BASE64_VALUE ]]; then
      REPLY='must be base64'
    fi
    ;;
  *_url)
    if ((${#2} > 8192)); then
      REPLY='must have at most 8192 characters'
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
    settle_signer none
  fi
  rm -f -- "$file"
  if ((${#FAULTS[@]} == 0)); then read_settings; fi
  if ((${#FAULTS[@]} > 0)); then
    EXCERPT=("${FAULTS[@]}")
    die "${FAULTS[0]}"
  fi
  if [[ -n ${PERSONALITY[rolecall_timeout]:-} ]]; then set_deadline "${PERSONALITY[rolecall_timeout]}"; fi
  PERSONALITY[machine_id]=${PERSONALITY[machine_id]:-$INSTANCE_ID}
  say "environment ${PERSONALITY[environment]}, role ${PERSONALITY[role]}, context ${PERSONALITY[context]}, machine ${PERSONALITY[machine_id]}"
}
