# A run, its steps, and how they fail. LIB: whether the reader of logs and beacons are there.

# Begins the run; $1 is bash's major version. An older bash would stumble over later lines: it only says so.
begin_run() {
  if (($1 < 5)); then
    set +eu
    EPOCHREALTIME=$(date +%s).000000
  fi
  now_ms
  RUN_AT=$REPLY STEP_AT=$REPLY
  set_traps
  uptime_cs
  RUN_CS=$REPLY
  read -r RUN < <(od -An -N4 -tx4 /dev/urandom) || printf -v RUN %04x%04x "$RANDOM" "$RANDOM"
  find_consoles
  if (($1 < 5)); then die "bash $BASH_VERSION is too old, 5.0 is needed"; fi
  mark "begin $SCHEME @version@"
}

# Runs a command as a step: run_step NAME COMMAND...
run_step() {
  begin_step "$1"
  "${@:2}"
  end_step
}

begin_step() {
  STEP=$1 FAILURE='' FACTS=()
  now_ms
  STEP_AT=$REPLY
  mark "start $STEP"
  ${LIB:+beacon_step}
  heed
}

end_step() {
  ms_since "$STEP_AT"
  mark "end $STEP 0 $REPLY"
}

# Ends the run: die MESSAGE [STATUS]. The EXIT trap reports it.
die() {
  FAILURE=$1
  exit "${2:-1}"
}

# Prints why step STEP failed with status $1, and the verdict.
report_failure() {
  ms_since "$STEP_AT"
  if [[ $SIGNER != pending ]]; then mark "end $STEP $1 $REPLY"; fi
  ${LIB:+explain_failure "$1"}
  harmless "${FAILURE:-the script broke off at its line ${AT_LINE:-?}}"
  print "ERROR Bootstrapping failed at step $STEP (status $1): $REPLY"$'\n'
  ms_since "$RUN_AT"
  give_verdict "failed $STEP $1 $REPLY"
}

# Prints the verdict three times over: one torn line shall not lose it.
give_verdict() {
  VERDICT=$1
  now_ms
  VERDICT_AT=$REPLY
  make_marker "$REPLY" "verdict $1"
  print "$MARKER$MARKER$MARKER"
  ${LIB:+beacon_verdict}
}

# Reports whatever ended the run before its verdict. A shutdown is none: the next boot may have one.
on_exit() {
  local status=$?
  trap - EXIT ERR
  trap '' TERM INT HUP
  set +e
  if [[ $status != 0 && -z $VERDICT ]]; then
    if [[ -n $SIGNALED ]]; then
      end_child
      FAILURE="stopped by SIG${SIGNALED% *}" status=${SIGNALED#* }
    fi
    if shutting_down; then mark "interrupted $STEP"; else report_failure "$status"; fi
  fi
  ${LIB:+finish_child}
  clean_up
  exit "$status"
}
