# Time that is up: what the step is doing is told, and then it is ended. Before that: signs of life; docs/markers.md.

# Hundredths of a second before the first sign of life of a step, and between two of them at most.
FIRST_BEAT=3000 LAST_BEAT=30000
# And between two looks at what the script does.
LOOK_EVERY=200
# ENDS: when the child has to be done, where it has a limit of its own (LIMIT, seconds).
ENDS='' LIMIT='' TIMED_OUT='' TIMED_AT='' KILL_AT=0 STEP_CS=0
BEAT_STEP='' BEAT_AT=0 BEAT_PAUSE=0 LOOK_AT=0

# The child that is started next may take $1 seconds (0: as long as the run may).
limit_child() {
  uptime_cs
  ENDS='' LIMIT='' TIMED_OUT='' PLACE='' PLACE_AT='' SURE_PLACE='' LOOK_AT=$((REPLY + LOOK_EVERY / 4)) FAMILY=() STEP_CS=$REPLY
  if (($1 == 0)); then return 0; fi
  if [[ -n $DEADLINE ]] && ((DEADLINE <= REPLY + $1 * 100)); then return 0; fi
  ENDS=$((REPLY + $1 * 100)) LIMIT=$1
}

# Gives the signs of life, and ends the child whose time is up.
keep_time() {
  local ends=${ENDS:-$DEADLINE}
  uptime_cs
  if [[ -n $TIMED_OUT ]]; then
    if ((REPLY >= KILL_AT)); then end_family KILL; fi
  elif [[ -n $ends ]] && ((REPLY >= ends)); then
    time_is_up "$REPLY"
  else
    beat "$REPLY"
  fi
}

# Tells what the child is doing, at $1, and asks it to end. It gets GRACE for that, or a third of the time that is there for
# the report.
time_is_up() {
  local latest
  KILL_AT=$(($1 + GRACE * 100))
  if [[ -n $DEADLINE ]]; then
    latest=$(((DEADLINE * 2 + RUN_CS + TIMEOUT * 100) / 3))
    if ((KILL_AT > latest)); then KILL_AT=$latest; fi
  fi
  if [[ -n $READING ]]; then tell_script "$1" || true; else tell_step; fi
  end_family TERM
}

# Fills EXCERPT around where the script was when its time was up.
cut_at_timeout() {
  cut_excerpt "$TIMED_AT"
  if [[ ! -s $STEP_LOG ]]; then fact silent yes; fi
  if ((BEHIND > 0)); then fact behind "$BEHIND"; fi
}

# Sends the signal $1 to the child and to all that descends from it.
end_family() {
  find_family
  end_child "$1"
  signal_family "$1"
}

# Kills what is left of the child that led the group $1.
kill_rest() {
  kill -KILL -- "-$1" 2>/dev/null || true
  signal_family KILL
}

# Looks at the child now and then, and tells that the step goes on, with what its script has printed last. Signs come ever more seldom: EC2 keeps 64 KB of console.
beat() {
  if [[ -n $READING ]] && (($1 >= LOOK_AT)); then
    LOOK_AT=$(($1 + LOOK_EVERY))
    look "$1" || true
  fi
  if [[ $BEAT_STEP != "$STEP" ]]; then BEAT_STEP=$STEP BEAT_PAUSE=$FIRST_BEAT BEAT_AT=$(($1 + FIRST_BEAT)); fi
  if (($1 < BEAT_AT)); then return 0; fi
  mark "alive $STEP"
  last_output
  print "rolecall[$STEP]~ $REPLY"$'\n'
  BEAT_PAUSE=$((BEAT_PAUSE * 2 < LAST_BEAT ? BEAT_PAUSE * 2 : LAST_BEAT)) BEAT_AT=$(($1 + BEAT_PAUSE))
}

# Sets REPLY to the last line that the step's script has printed, as far as it has come; to nothing where there is none.
last_output() {
  local lines=() index
  REPLY=''
  if [[ -z $STEP_LOG ]]; then return 0; fi
  mapfile -t lines < <(tail -c 4096 -- "$STEP_LOG" 2>/dev/null | tr '\r\0' '[\n*]')
  for ((index = ${#lines[@]} - 1; index >= 0; index--)); do
    harmless "${lines[index]}" 200
    trimmed "$REPLY"
    if [[ -n $REPLY ]]; then return 0; fi
  done
  REPLY=''
}

# Sets REPLY to $1 seconds in words: `4 min 40 s`.
in_words() {
  local seconds=$1
  if ((seconds < 60)); then
    REPLY="$seconds s"
  elif ((seconds < 3600)); then
    printf -v REPLY '%d min %02d s' $((seconds / 60)) $((seconds % 60))
  else
    printf -v REPLY '%d h %02d min' $((seconds / 3600)) $((seconds / 60 % 60))
  fi
}

# Sets TIMED_OUT for a step of our own.
tell_step() {
  ms_since "$STEP_AT"
  in_words $((REPLY / 1000))
  TIMED_OUT="timed out: this step has taken $REPLY, and the launch waits $TIMEOUT s"
}

# Sets TIMED_OUT and FACTS for a script whose time is up at $1.
tell_script() {
  local span limit="the launch waits $TIMEOUT s"
  if [[ -n $LIMIT ]]; then limit="the module's limit is $LIMIT s"; fi
  TIMED_OUT="timed out ($limit)" TIMED_AT=$(stat -c %s -- "$STEP_LOG")
  find_place "$1"
  span=$((($1 - DOING_SINCE) / 100))
  if ((span < 0)); then span=0; fi
  fact how timeout
  fact interpreter "$DOING_SHELL"
  fact file "$DOING_FILE"
  fact line "$DOING_LINE"
  fact 'command' "$DOING"
  fact status 124
  fact 'for' "$span"
  fact limit "$limit"
  in_words "$span"
  TIMED_OUT="timed out in $DOING_FILE"
  if [[ -n $DOING_LINE ]]; then TIMED_OUT="timed out at line $DOING_LINE of $DOING_FILE"; fi
  TIMED_OUT+=": ${DOING:-$DOING_SHELL itself}, for $REPLY ($limit)"
}
