# Logs: of a step's own output, and what of it people read on the console.

# The log of the step's script, as long as its failure is explained by it.
STEP_LOG=''
# EC2 keeps 64 KB of console: a talkative script must not push the markers out.
SUMMARY_LINES=100
# Seconds that a script whose time is up gets to end by itself.
GRACE=10
READING='' PARTIAL_LINE='' SUMMARIES=0 LAST_SUMMARY='' KILLED=''
# HIDING: commands of sed that hide secrets in what a script prints.
HIDING='' MASKER='' END_OF_LOG=''

# A line for people.
say() {
  harmless "$1"
  print "rolecall[$STEP]: $REPLY"$'\n'
}

# Prints what is known of the failure of step STEP, whose script has ended with the status $1, and sets FAILURE where no step
# of our own has.
explain_failure() {
  if [[ -n $STEP_LOG && -r $STEP_LOG ]]; then
    if [[ -z $FAILURE ]]; then find_cause "$1"; elif [[ -n $TIMED_OUT ]]; then cut_at_timeout; else cut_excerpt; fi
  fi
  print_excerpt
}

# Runs a command in the background with its output in the new file $1, for at most $2 seconds (0: for ever), and prints its
# summaries as they come. Returns its status, 124 where its time was up. What the shell itself says of the command goes to
# $WORK/said: only of one that a signal has ended it says something.
run_logged() {
  local status=0 group
  STEP_LOG=$1 LOGS+=("$1") READING=yes PARTIAL_LINE='' SUMMARIES=0 LAST_SUMMARY='' KILLED=''
  exec 7<"$1"
  limit_child "$2"
  open_masks "$1"
  start_child "${@:3}" </dev/null >&5 2>&1
  group=$CHILD
  follow_child || status=$?
  if [[ -n $TIMED_OUT ]]; then
    kill_rest "$group"
    FAILURE=$TIMED_OUT status=124
  fi
  if ((status > 0)); then settle_log "$group"; fi
  if ! close_masks; then
    FAILURE="can't write $1: is there room on the disk?" status=$((status > 0 ? status : 1))
  fi
  if ((status > 128)) && [[ -s $WORK/said ]]; then KILLED=yes; fi
  print_summaries
  if [[ $PARTIAL_LINE == 'rolecall: '* ]]; then print_summary "$PARTIAL_LINE"; fi
  # The last one says what the machine has become.
  if [[ -n $LAST_SUMMARY ]]; then say "$LAST_SUMMARY"; fi
  exec 7<&-
  READING=''
  return "$status"
}

# Opens fd 5 to the log $1: through sed where there are secrets to hide. It reads until the script's last daemon has ended.
# The secrets come through a pipe, and stand in no argv.
open_masks() {
  MASKER=''
  if [[ -z $HIDING ]]; then
    exec 5>>"$1"
    return
  fi
  END_OF_LOG=end-$RUN-$RANDOM$RANDOM$RANDOM
  # The end's own line rings the bell; a newline, which no other line holds, marks it while secrets are hidden in the text
  # before it. Without -u, sed would keep lines back.
  exec 5> >(exec sed -un -e "s/$END_OF_LOG\$/\\n/" -f <(printf '%s\n' "$HIDING") -e "/\\n\$/{" -e 's///' -e "/./w $1" \
    -e "s/.*/$END_OF_LOG/" -e "w $WORK/bell" -e d -e '}' -e "w $1" >/dev/null 2>&1 6<&- 7<&- 8>&- 9>&-)
  MASKER=$!
}

# Waits for what the failed script's process group $1 still prints: `exec > >(tee ...)` leaves a reader of its output behind. One
# that is silent for half a second is a daemon.
settle_log() {
  local tries size='' before
  for ((tries = 0; tries < 40; tries++)); do
    if ! kill -0 -- "-$1" 2>/dev/null; then return 0; fi
    before=$size
    size=$(stat -c %s -- "$STEP_LOG") || return 0
    if ((tries >= 10)) && [[ $size == "$before" ]]; then return 0; fi
    sleep 0.05
  done
}

# Waits until all that the script has printed is in the log, and closes fd 5. Fails where the log couldn't be written.
close_masks() {
  local word=''
  if [[ -n $MASKER ]]; then
    printf '%s\n' "$END_OF_LOG" >&5 2>/dev/null || true
    until [[ $word == "$END_OF_LOG" ]]; do
      if ! IFS= read -r -t 0.2 -u 8 word && ! kill -0 "$MASKER" 2>/dev/null; then break; fi
    done
  fi
  exec 5>&-
  [[ -z $MASKER || $word == "$END_OF_LOG" ]]
}

on_tick() {
  print_summaries
  keep_time
}

# Prints the script's new summary lines (`rolecall: text`), read from its log on fd 7. Reading the log, rather than a
# pipe, lets daemons that the script left running keep their stdout for as long as they like.
print_summaries() {
  local - line
  set +x
  if [[ -z $READING ]]; then return 0; fi
  # Not mapfile, which ends a line at a NUL.
  while IFS= read -r line <&7; do
    line=$PARTIAL_LINE$line PARTIAL_LINE=''
    if [[ $line == 'rolecall: '* ]]; then print_summary "$line"; fi
  done
  PARTIAL_LINE+=$line
}

print_summary() {
  SUMMARIES=$((SUMMARIES + 1))
  if ((SUMMARIES <= SUMMARY_LINES)); then say "${1#rolecall: }"; else LAST_SUMMARY=${1#rolecall: }; fi
  if ((SUMMARIES == SUMMARY_LINES)); then say "further summaries are only in $STEP_LOG"; fi
}
