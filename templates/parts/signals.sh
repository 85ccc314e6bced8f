# Signals.

# A handler only makes a note: one that exited would corrupt bash's stack where it interrupts `read -t` or `wait`.
set_traps() {
  trap on_exit EXIT
  trap ': ${SIGNALED:=TERM 143}' TERM
  trap ': ${SIGNALED:=INT 130}' INT
  trap ': ${SIGNALED:=HUP 129}' HUP
  # A reader of stdout that went away must not end us; unlike '', a handler is not inherited.
  trap : PIPE
  set -o errtrace
  trap 'AT_LINE=$LINENO' ERR
}

# Ends the run if a signal has come; on_exit says which.
heed() {
  [[ -z $SIGNALED ]] || exit 1
}

# Sends SIGTERM, or $1, to the process CHILD and to its group, where it has one.
end_child() {
  kill "-${1:-TERM}" -- ${CHILD:+"-$CHILD" "$CHILD"} 2>/dev/null || :
}

# Whether the machine is going down: by systemd, by its last stage, which replaces process 1, or by the runlevel.
shutting_down() {
  [[ $({
    timeout -s9 5 systemctl is-system-running
    cat "$ROOT/proc/1/comm"
    runlevel
  } 2>&1) =~ stopping|shutdow|' '[06]$ ]]
}

# Sleeps $1 seconds, or until a signal comes.
pause() {
  sleep "$1" &
  wait "$!" || :
  heed
}
