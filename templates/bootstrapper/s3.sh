# Objects in S3, by a presigned URL, publicly, or with the keys of the instance profile.

# Sets REPLY to the hex SHA-256 of stdin.
sha256_stdin() {
  REPLY=$(sha256)
  REPLY=${REPLY:0:64}
}

# Sets REPLY to the bytes of hex $1 as escapes for printf, each XORed with $2, filled up with zeros to $3 bytes.
escaped_bytes() {
  local - text='' index byte
  set +x
  for ((index = 0; index < $3; index++)); do
    byte=${1:index*2:2}
    printf -v byte '\\x%02x' $((0x${byte:-0} ^ $2))
    text+=$byte
  done
  REPLY=$text
}

# Sets REPLY to the hex HMAC-SHA256 of the text $2 under the key of hex $1 (at most 64 bytes). RFC 2104, with pipes only:
# no key stands in any command line.
hmac_sha256() {
  local - inner outer
  set +x
  escaped_bytes "$1" 0x36 64
  inner=$REPLY
  escaped_bytes "$1" 0x5c 64
  outer=$REPLY
  # shellcheck disable=SC2059 # the formats are escapes made just above
  inner=$({ printf "$inner" && printf '%s' "$2"; } | { sha256_stdin && printf '%s' "$REPLY"; })
  escaped_bytes "$inner" 0 32
  inner=$REPLY
  # shellcheck disable=SC2059
  REPLY=$(printf "$outer$inner" | { sha256_stdin && printf '%s' "$REPLY"; })
}

# Sets REPLY to the hex of the text $1.
hex_of() {
  local - index text='' byte
  set +x
  for ((index = 0; index < ${#1}; index++)); do
    printf -v byte '%02x' "'${1:index:1}"
    text+=$byte
  done
  REPLY=$text
}

# Asks the metadata service for the keys of the instance profile: AWS_KEY, AWS_SECRET, AWS_TOKEN.
read_credentials() {
  local - role='' text=''
  set +x
  if ! get_metadata /latest/meta-data/iam/security-credentials/; then
    if [[ $HTTP_STATUS == 404 ]]; then
      die 'this machine has no instance profile to fetch its build with: give the role an instance_profile, or fetch: presigned'
    fi
    metadata_problem
    die "$REPLY"
  fi
  role=${HTTP_BODY%%$'\n'*}
  if [[ ! $role =~ ^[A-Za-z0-9_+=,.@-]{1,128}$ ]]; then die 'the metadata service names no role for the instance profile'; fi
  if ! get_metadata "/latest/meta-data/iam/security-credentials/$role"; then
    metadata_problem
    die "$REPLY"
  fi
  text=$HTTP_BODY HTTP_BODY=''
  AWS_KEY='' AWS_SECRET='' AWS_TOKEN=''
  if [[ $text =~ \"AccessKeyId\"[[:space:]]*:[[:space:]]*\"([A-Za-z0-9]+)\" ]]; then AWS_KEY=${BASH_REMATCH[1]}; fi
  if [[ $text =~ \"SecretAccessKey\"[[:space:]]*:[[:space:]]*\"([A-Za-z0-9/+=]+)\" ]]; then AWS_SECRET=${BASH_REMATCH[1]}; fi
  if [[ $text =~ \"Token\"[[:space:]]*:[[:space:]]*\"([A-Za-z0-9/+=]+)\" ]]; then AWS_TOKEN=${BASH_REMATCH[1]}; fi
  if [[ -z $AWS_KEY || -z $AWS_SECRET ]]; then die "the instance profile's role $role gives no credentials"; fi
}

# Sets REPLY to the headers that sign a GET of the path $2 at the host $1 for S3, one a line.
# https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
sign_get() {
  local - time scope names canonical headers key part
  set +x
  time=$(date -u +%Y%m%dT%H%M%SZ)
  scope=${time%%T*}/${SETTINGS[region]}/s3/aws4_request
  names='host;x-amz-content-sha256;x-amz-date'
  headers=$'x-amz-content-sha256:UNSIGNED-PAYLOAD\n'"x-amz-date:$time"$'\n'
  if [[ -n $AWS_TOKEN ]]; then
    names+=';x-amz-security-token'
    headers+="x-amz-security-token:$AWS_TOKEN"$'\n'
  fi
  # The keys of builds and pointers hold no character that would have to be encoded.
  canonical=$(printf 'GET\n%s\n\nhost:%s\n%s\n%s\nUNSIGNED-PAYLOAD' "$2" "$1" "$headers" "$names" | { sha256_stdin && printf '%s' "$REPLY"; })
  hex_of "AWS4$AWS_SECRET"
  key=$REPLY
  for part in "${time%%T*}" "${SETTINGS[region]}" s3 aws4_request; do
    hmac_sha256 "$key" "$part"
    key=$REPLY
  done
  hmac_sha256 "$key" "AWS4-HMAC-SHA256"$'\n'"$time"$'\n'"$scope"$'\n'"$canonical"
  REPLY="${headers}Authorization: AWS4-HMAC-SHA256 Credential=$AWS_KEY/$scope,SignedHeaders=$names,Signature=$REPLY"$'\n'
}

# Sets REPLY to the URL of the object with the key $1.
url_of() {
  local key=$1 bucket=${SETTINGS[bucket]} base=${SETTINGS[s3_url]:-${AWS_ENDPOINT_URL_S3:-}} domain=amazonaws.com
  if [[ ${SETTINGS[region]:-} == cn-* ]]; then domain+=.cn; fi
  if [[ -n $base ]]; then
    REPLY=${base%/}/$bucket/$key
  elif [[ $bucket == *.* ]]; then
    # A certificate for *.s3 doesn't hold for a name with more dots.
    REPLY=https://s3.${SETTINGS[region]}.$domain/$bucket/$key
  else
    REPLY=https://$bucket.s3.${SETTINGS[region]}.$domain/$key
  fi
}

# How the build is fetched, where nobody says it: by the URL in user data, else with the instance profile.
fetch_mode() {
  local -
  set +x
  if [[ -n ${SETTINGS[fetch]:-} ]]; then
    REPLY=${SETTINGS[fetch]}
  elif [[ -n ${SETTINGS[build_url]:-} ]]; then
    REPLY=presigned
  else
    REPLY=profile
  fi
}

# The machine's own region, unless a setting names the bucket's.
ensure_region() {
  local region=''
  if [[ -n ${SETTINGS[region]:-} ]]; then return 0; fi
  if ! get_metadata /latest/meta-data/placement/region; then
    metadata_problem
    die "$REPLY"
  fi
  region=${HTTP_BODY%%$'\n'*}
  setting_problem region "$region"
  if [[ -n $REPLY ]]; then die 'the metadata service gives a region that is none'; fi
  SETTINGS[region]=$region
}

# One request for the URL $1 into the file $2, at most $3 bytes (none: any). Sets HTTP_STATUS (000: no whole answer),
# HTTP_ERROR and CURL_STATUS. URL and headers go through pipes, since they may hold secrets.
s3_request() {
  local - headers='' host path limit=()
  set +x
  HTTP_ERROR='' CURL_STATUS=0
  if [[ -n ${3:-} ]]; then limit=(--max-filesize "$3"); fi
  fetch_mode
  if [[ $REPLY == profile ]]; then
    host=${1#*://} path=/${1#*://*/}
    host=${host%%/*}
    # As curl writes it in its Host header.
    case $1 in
    http://*) host=${host%:80} ;;
    https://*) host=${host%:443} ;;
    esac
    sign_get "$host" "$path"
    headers=$REPLY
  fi
  start_child s3_curl "$1" "$2" "$headers" ${limit[@]+"${limit[@]}"} >"$WORK/status" 2>"$WORK/curl.err"
  follow_child || CURL_STATUS=$?
  HTTP_STATUS=$(<"$WORK/status")
  if ((CURL_STATUS != 0)); then
    HTTP_STATUS=000
    IFS= read -r HTTP_ERROR <"$WORK/curl.err" || true
  fi
}

# Curl itself: s3_curl URL FILE HEADERS [OPTION...].
s3_curl() {
  printf '%s' "$3" | curl -q --silent --show-error --proto '=http,https' --globoff --connect-timeout 10 \
    --speed-limit 1000 --speed-time 60 "${@:4}" --header @- --output "$2" --write-out '%{http_code}' \
    --path-as-is --config <(printf 'url = "%s"\n' "$1")
}

# s3_get URL FILE [BYTES]: asks until there is a whole answer, a final refusal, or no time left. 0 only for 200.
s3_get() {
  local - wait
  set +x
  fetch_mode
  if [[ $REPLY == profile ]]; then
    ensure_region
    read_credentials
  fi
  for wait in "${S3_WAITS[@]}" ''; do
    s3_request "$@"
    case $HTTP_STATUS in
    200) return 0 ;;
    408 | 429) ;;
    3?? | 4??) return 1 ;;
    esac
    # 23: the disk takes no more; 63: too large. Neither passes by waiting.
    if ((CURL_STATUS == 23 || CURL_STATUS == 63)); then return 1; fi
    if [[ -n $wait ]]; then pause "$wait"; fi
  done
  return 1
}

# Sets REPLY to the text of the XML element $1 of the refusal in the file $2.
xml_text() {
  local text
  text=$(head -c 4096 -- "$2" 2>/dev/null | tr -d '\000') || true
  REPLY=''
  if [[ $text =~ \<$1\>([^\<]{1,300})\</$1\> ]]; then REPLY=${BASH_REMATCH[1]}; fi
}

# Sets REPLY to the sentence for a request of $1 (what people call it) that failed; the answer lies in the file $2.
s3_problem() {
  local code message region where
  where="S3 (bucket ${SETTINGS[bucket]})"
  xml_text Message "$2"
  message=$REPLY
  xml_text Region "$2"
  region=$REPLY
  xml_text Code "$2"
  code=$REPLY
  fetch_mode
  # A presigned URL ends with the keys that signed it, too.
  if [[ $REPLY == presigned && $code == ExpiredToken ]]; then code=AccessDenied message='Request has expired'; fi
  case "$HTTP_STATUS $code" in
  000\ *)
    if ((CURL_STATUS == 23)); then
      write_problem "$1" "$2"
    elif ((CURL_STATUS == 63)); then
      REPLY="$1 is far too large"
    else
      REPLY="no whole answer from $where for $1: ${HTTP_ERROR:-no reason given}"
    fi
    ;;
  *AccessDenied)
    if [[ $message == *expired* ]]; then
      REPLY="the URL of $1 in user data has expired: launch a new machine, or give the role an instance_profile (fetch: profile)"
    else
      REPLY="$where refuses $1 (AccessDenied): the policy must allow s3:GetObject on it, or it isn't there (without s3:ListBucket S3 says the same)"
    fi
    ;;
  *NoSuchBucket) REPLY="there is no bucket ${SETTINGS[bucket]}" ;;
  *NoSuchKey | 404*) REPLY="$1 is not in the bucket ${SETTINGS[bucket]}" ;;
  *RequestTimeTooSkewed) REPLY="$where doesn't accept this machine's clock ($(date -u +%Y-%m-%dT%H:%M:%SZ)): set the time (chrony)" ;;
  *AuthorizationHeaderMalformed | *PermanentRedirect | 301* | 307*)
    REPLY="the bucket ${SETTINGS[bucket]} is in ${region:-another region}, not in ${SETTINGS[region]:-this one}: set its region"
    ;;
  *) REPLY="$where answers $HTTP_STATUS${code:+ $code} to a request for $1${message:+: $message}" ;;
  esac
}

# Sets REPLY to how many kB are free in the folder $1.
free_kb() {
  REPLY=$(df -Pk -- "$1" 2>/dev/null | { read -r _ && read -r _ _ _ REPLY _ && printf '%s' "$REPLY"; }) || REPLY=0
}

# Sets REPLY to the sentence for a disk without room for $1, where $2 kB are free.
no_room() {
  REPLY="no room on the disk for $1 (No space left on device; $2 kB are free)"
}

# Sets REPLY to the sentence for $1, which curl couldn't write to the file $2.
write_problem() {
  free_kb "${2%/*}"
  if ((REPLY < 1024)); then
    no_room "$1" "$REPLY"
  else
    REPLY="can't write $1 to ${2%/*}: ${HTTP_ERROR:-no reason given}; look for a read-only disk or one without inodes (df -i)"
  fi
}
