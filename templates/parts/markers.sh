# Markers: what programs read on the console; docs/markers.md.

# Prints the hex SHA-256 of stdin, and more behind it.
sha256() {
  if hash sha256sum 2>/dev/null; then sha256sum; else openssl dgst -sha256 -r; fi
}

# Sets REPLY to the first 16 hex digits of SHA-256(nonce "|" instance id "|" $1). The nonce goes through a pipe, never through argv.
mac_of() {
  local -
  set +x
  REPLY=$(printf '%s|%s|%s' "$NONCE" "$INSTANCE_ID" "$1" | sha256)
  REPLY=${REPLY:0:16}
}

# Sets MARKER and MAC to those of EVENT $2 at $1 ms since 1970, and keeps those that a verdict's beacon tells. Whoever can't sign it
# has a form for a failed verdict only.
make_marker() {
  local launch=-
  MARKER='' MAC=-
  if [[ $SIGNER == known ]]; then
    launch=$LAUNCH
  elif [[ $2 != 'verdict f'* ]]; then
    return 0
  fi
  printf -v MARKER '%s %s %d %d.%03d %s' "$launch" "$RUN" $((SEQ += 1)) $(($1 / 1000)) $(($1 % 1000)) "$2"
  if [[ $SIGNER == known ]]; then
    mac_of "$MARKER"
    MAC=$REPLY
  fi
  MARKER="<<rc2 $MARKER $MAC>>"$'\n'
  if [[ $2 == @(end|v)* ]]; then TOLD+=$MARKER; fi
  MARKER=$'\n'$MARKER
}

# Prints the marker of EVENT $1, or keeps it until the machine knows who it is.
mark() {
  now_ms
  if [[ $SIGNER == pending ]]; then
    PENDING+=("$REPLY $1")
  else
    make_marker "$REPLY" "$1"
    print "$MARKER"
  fi
}

# From here on markers can be signed (`known`), or never will be (`none`: user data written by hand).
settle_signer() {
  local entry
  SIGNER=$1
  for entry in "${PENDING[@]}"; do
    make_marker "${entry%% *}" "${entry#* }"
    print "$MARKER"
  done
  PENDING=()
}
