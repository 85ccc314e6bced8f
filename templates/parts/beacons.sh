# Beacons: the second way to report. Small objects in the launch's bucket, by a form that user data holds the signature of;
# docs/markers.md. Whatever goes wrong here is no failure of the boot: the console has told everything before.

# Seconds between two tries to send a verdict or a boot log.
BEACON_WAITS=(0.5 1 2)
# A boot log takes at most so many files, the first and the last; of each LOG_BYTES.
LOG_FILES=9

sends_beacons() {
  [[ $SIGNER == known && -n ${BEACON[beacon_url]:-} && -n $INSTANCE_ID && -n $WORK ]]
}

# Writes curl's options for an object with the key $2 below the prefix, from the file $3; $1 is `beacon` or `log`.
# They go through a pipe: whoever has the policy and its signature can send beacons.
form_of() {
  local -
  set +x
  printf 'url = "%s"\n' "${BEACON[beacon_url]}"
  printf 'form-string = "%s"\n' "key=${BEACON[beacon_prefix]:-}$2" X-Amz-Algorithm=AWS4-HMAC-SHA256 \
    "X-Amz-Credential=${BEACON[beacon_credential]}" "X-Amz-Date=${BEACON[beacon_date]}" \
    "Policy=${BEACON[$1_policy]}" "X-Amz-Signature=${BEACON[$1_signature]}"
  if [[ -n ${BEACON[beacon_token]:-} ]]; then printf 'form-string = "X-Amz-Security-Token=%s"\n' "${BEACON[beacon_token]}"; fi
  printf 'form = "file=@%s;filename=text;type=text/plain"\n' "$3"
}

# One try: post KIND KEY FILE SECONDS. 0 only where S3 has taken it, 2 where it never will.
post() {
  local - code=''
  set +x
  code=$(form_of "$1" "$2" "$3" | curl -q --config - --silent --globoff --proto '=http,https' --connect-timeout 3 \
    --max-time "$4" --header 'Expect:' --output /dev/null --write-out '%{http_code}' 2>/dev/null 8>&- 9>&-) || return 1
  case $code in
  2??) return 0 ;;
  408 | 429 | 5??) return 1 ;;
  *) return 2 ;;
  esac
}

# Tries a few times: send KIND KEY FILE SECONDS, each try at most so many seconds.
send() {
  local wait status
  for wait in "${BEACON_WAITS[@]}" ''; do
    status=0
    post "$@" || status=$?
    if ((status != 1)); then return "$status"; fi
    if [[ -n $wait ]]; then sleep "$wait"; fi
  done
  return 1
}

# Tells that the step STEP began, beside the boot: one try, which nobody waits for.
beacon_step() {
  if ! sends_beacons; then return 0; fi
  printf '%s\n' "$STEP" >"$WORK/beacon.$SEQ" 2>/dev/null || return 0
  { trap - EXIT ERR && set +e && post beacon "beacons/$LAUNCH/e/$INSTANCE_ID/$SEQ.$STEP" "$WORK/beacon.$SEQ" 5; } \
    </dev/null >/dev/null 2>&1 7<&- 8>&- 9>&- &
}

# Tells the VERDICT, and after a failure what the boot printed. The key carries the marker's own fields and its MAC.
beacon_verdict() {
  local - words file=$WORK/beacon.verdict
  set +x
  if ! sends_beacons; then return 0; fi
  IFS=' ' read -r -a words <<<"$VERDICT"
  # A form takes no more; the last marker is the verdict's.
  if ! tail -c 8000 <<<"$TOLD" 2>/dev/null >"$file"; then return 0; fi
  if ! send beacon "beacons/$LAUNCH/v/$INSTANCE_ID/${words[0]}.${words[1]}.${words[2]}.$RUN.$SEQ.$VERDICT_AT.${words[3]}.$MAC" "$file" 5; then return 0; fi
  if [[ ${words[0]} == failed ]]; then send_log || true; fi
}

# Prints at most LOG_BYTES of the log $1: the newest, or where the failure is known to stand earlier, most of it before that.
newest_of() {
  local end=$((${FAILED_AT:-0} + LOG_BYTES / 8))
  if [[ $1 == "${STEP_LOG:-}" && -n ${FAILED_AT:-} ]]; then
    head -c "$end" -- "$1" | tail -c "$LOG_BYTES"
  else
    tail -c "$LOG_BYTES" -- "$1"
  fi
}

# The boot log: the newest of each file that this run has written; of the failing step's, what stands around the failure.
send_log() {
  local file=$WORK/boot-log log digest
  if ((${#LOGS[@]} > LOG_FILES)); then LOGS=("${LOGS[0]}" "${LOGS[@]:1-LOG_FILES}"); fi
  for log in ${LOGS[@]+"${LOGS[@]}"}; do
    if [[ ! -r $log ]]; then continue; fi
    printf '==> %s <==\n' "${log#"$ROOT"}"
    newest_of "$log"
    printf '\n'
  done >"$file" 2>/dev/null
  digest=$(sha256 <"$file")
  digest=${digest:0:64}
  mac_of "log $LAUNCH $RUN $digest"
  send log "logs/$LAUNCH/$INSTANCE_ID/$RUN.$digest.$REPLY" "$file" 30
}
