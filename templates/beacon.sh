#!/bin/bash
# Beacons of a start-up bundle: start-up.sh sources this once it has unpacked the bundle, so that user data needn't hold it.
# Small objects in the launch's bucket, by a form that user data holds the signature of; docs/markers.md.
#
# Whatever goes wrong here is no failure of the boot: the console has told everything before.
# shellcheck shell=bash disable=SC2154 # the settings are start-up.sh's

# Seconds between two tries.
BEACON_WAITS=(0.5 1 2)
BEACON_METADATA=http://169.254.169.254
# Another metadata service is believed only under another root, which no machine has.
if [[ -n ${ROOT:-} ]]; then BEACON_METADATA=${ROLECALL_METADATA:-$BEACON_METADATA}; fi
# A boot log takes so many bytes of each of its files, their newest, and so many files, the last modules'.
BEACON_LOG_BYTES=400000
BEACON_LOGS=9

# Sets BEACON_INSTANCE. The token goes through a pipe.
beacon_instance() {
  local token url=$BEACON_METADATA/latest
  local ask=(curl -q --silent --fail --noproxy '*' --connect-timeout 2 --max-time 5)
  BEACON_INSTANCE=''
  token=$("${ask[@]}" --request PUT --header 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$url/api/token") || return 1
  BEACON_INSTANCE=$(printf 'X-aws-ec2-metadata-token: %s\n' "$token" | "${ask[@]}" --header @- "$url/meta-data/instance-id") || return 1
  [[ $BEACON_INSTANCE =~ ^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$ ]]
}

# Sets REPLY to the policy $1 as a form takes it; the session token stands in user data once.
beacon_policy() {
  REPLY=$(printf '%s' "${1//@token@/${rolecall_beacon_token:-}}" | base64 -w 0)
}

# Writes curl's options for an object with the key $1 and the policy $2, signed $3, from the file $4.
beacon_form() {
  beacon_policy "$2"
  printf 'url = "%s"\n' "$rolecall_beacon_url"
  printf 'form-string = "%s"\n' "key=${rolecall_beacon_prefix:-}$1" X-Amz-Algorithm=AWS4-HMAC-SHA256 \
    "X-Amz-Credential=$rolecall_beacon_credential" "X-Amz-Date=$rolecall_beacon_date" "Policy=$REPLY" "X-Amz-Signature=$3"
  if [[ -n ${rolecall_beacon_token:-} ]]; then printf 'form-string = "X-Amz-Security-Token=%s"\n' "$rolecall_beacon_token"; fi
  printf 'form = "file=@%s;filename=text;type=text/plain"\n' "$4"
}

# Tries a few times: beacon_send SECONDS KEY POLICY SIGNATURE FILE.
beacon_send() {
  local pause code seconds=$1
  shift
  for pause in "${BEACON_WAITS[@]}" ''; do
    code=$(beacon_form "$@" | curl -q --config - --silent --globoff --proto '=http,https' --connect-timeout 3 \
      --max-time "$seconds" --header 'Expect:' --output /dev/null --write-out '%{http_code}' 2>/dev/null) || code=000
    case $code in
    2??) return 0 ;;
    000 | 408 | 429 | 5??) ;;
    *) return 1 ;;
    esac
    if [[ -n $pause ]]; then sleep "$pause"; fi
  done
  return 1
}

# The boot log: the newest of what was printed, and of what the modules that were started last printed.
beacon_log() {
  local line log logs=("$LOGS/start-up.log")
  while IFS= read -r line; do
    if [[ $line != *' start module.'* ]]; then continue; fi
    log=${line##* start }
    logs+=("$LOGS/${log%% *}.log")
  done <<<"$MARKS"
  if ((${#logs[@]} > BEACON_LOGS)); then logs=("${logs[0]}" "${logs[@]:1-BEACON_LOGS}"); fi
  for log in "${logs[@]}"; do
    printf '==> %s <==\n' "${log#"$ROOT"}"
    tail -c "$BEACON_LOG_BYTES" -- "$log"
    printf '\n'
  done
}

# Tells the verdict $1 (ok or failed) of step $2, and after a failure what the boot printed.
beacon() {
  local file=$WORK/beacon
  beacon_instance 2>/dev/null || return 0
  printf '%s' "$MARKS" 2>/dev/null | tail -c 8000 2>/dev/null >"$file" || return 0
  beacon_send 5 "beacons/$rolecall_launch/v/$BEACON_INSTANCE/$1.$2" "$rolecall_beacon_policy" "$rolecall_beacon_signature" "$file" || return 0
  if [[ $1 != failed ]]; then return 0; fi
  beacon_log >"$file" 2>/dev/null || true
  beacon_send 30 "logs/$rolecall_launch/$BEACON_INSTANCE" "$rolecall_log_policy" "$rolecall_log_signature" "$file" || return 0
}
