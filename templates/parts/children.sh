# Processes that take long: a signal ends them, and the run.

# Opens fd 8, by which background processes tell that they have ended; $WORK must be there.
open_bell() {
  mkfifo -- "$WORK/bell"
  exec 8<>"$WORK/bell"
}

# Starts a command in the background, as CHILD, in a process group of its own, in which ^C is not ignored.
# Redirections belong to this call, and not to follow_child's, which prints.
start_child() {
  set -m
  as_child "$@" &
  CHILD=$!
  set +m
}

# What the command starts gets neither the lock (9) nor the bell (8), nor the log's reader (7) and writer (5). A signal is
# the command's to heed; here it only must not end the wait for the command.
as_child() {
  local status=0
  trap - EXIT ERR PIPE
  trap : TERM INT HUP
  set +e
  "$@" 5>&- 7<&- 8>&- 9>&-
  status=$?
  printf '%s\n' "$BASHPID" >&8
  exit "$status"
}

# Kills what of the child that a signal has ended doesn't listen to SIGTERM.
finish_child() {
  local tries
  if [[ -z $CHILD ]]; then return 0; fi
  for ((tries = 0; tries < GRACE * 10; tries++)); do
    if ! kill -0 -- "-$CHILD" 2>/dev/null; then return 0; fi
    sleep 0.1
  done
  end_child KILL
}

# Waits for CHILD, with a look around (on_tick) ten times a second; returns its status.
follow_child() {
  local status=0 word
  while kill -0 "$CHILD" 2>/dev/null; do
    on_tick
    heed
    if IFS= read -r -t 0.1 -u 8 word && [[ $word == "$CHILD" ]]; then break; fi
  done
  wait "$CHILD" 2>/dev/null || status=$?
  heed
  CHILD='' ENDS=''
  # A script's time is up: that is its reader's to say.
  if [[ -n $TIMED_OUT && -z $READING ]]; then die "$TIMED_OUT" 124; fi
  return "$status"
}
