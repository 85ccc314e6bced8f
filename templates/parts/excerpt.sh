# The excerpt: the lines of a step's log that go to the console.

# EC2 keeps 64 KB of console, and the markers must stay there.
EXCERPT_BYTES=24000
# Lines before the failure, lines behind it, and around each strong line that stands farther up.
BEFORE_FAILURE=40 AFTER_FAILURE=8 BEFORE_STRONG=2 AFTER_STRONG=6
EXCERPT=() BEHIND=0
# How much of STEP_LOG there was at the failure, bytes; '' where nobody knows.
FAILED_AT=''

# Prints stdin without NULs and escapes; of a line that was written over (a progress bar) its last state; of a long line that
# holds an error far from its ends its beginning, the error and its end.
readable() {
  local long='s/^(.{120}).*(.{20}(ERROR|FATAL|Fatal|fatal|Error|error)[:!].{0,130}).*(.{100})$/\1...\2...\4/'
  tr -d '\000' | sed -E -e $'s#\e\\[[0-9;?]*[ -/]*[@-~]##g; s/\e\\][^\a\e]*(\a|\e\\\\)//g; s/\e[()][A-Z0-9]//g; s/\r+$//; s/.*\r//' -e "/.{401}/$long"
}

# Fills EXCERPT from the log STEP_LOG: around the failure, where $1 bytes of it had been printed ('': at the end), and around
# strong lines before. BEHIND: how many of the last ones were printed later.
cut_excerpt() {
  local at=${1:-} size first number last=0 lines=() strong=() after=()
  EXCERPT=() BEHIND=0 FAILED_AT=$at
  if [[ ! -s $STEP_LOG ]]; then return 0; fi
  size=$(stat -c %s -- "$STEP_LOG")
  if [[ -z $at ]] || ((at > size)); then at=$size; fi
  mapfile -t lines < <(head -c "$at" -- "$STEP_LOG" | tail -c 262144 | readable | tail -n "$BEFORE_FAILURE")
  if ((at < size)); then
    mapfile -t after < <(tail -c "+$((at + 1))" -- "$STEP_LOG" | head -c 65536 | readable | head -n "$AFTER_FAILURE")
  fi
  first=$(($(head -c "$at" -- "$STEP_LOG" | wc -l) - ${#lines[@]} + 1))
  if ((first > 1)); then
    mapfile -t strong < <(head -c "$at" -- "$STEP_LOG" | timeout -s KILL 20 grep -anE -- "$STRONG_FORMS" | cut -d : -f 1)
    # The first one, and the last two before those that are shown anyway.
    while ((${#strong[@]} > 0 && strong[-1] >= first)); do unset 'strong[-1]'; done
    if ((${#strong[@]} > 3)); then strong=("${strong[0]}" "${strong[@]: -2}"); fi
    for number in ${strong[@]+"${strong[@]}"}; do
      add_window $((number - BEFORE_STRONG)) $((number + AFTER_STRONG < first ? number + AFTER_STRONG : first - 1))
    done
    if ((first > last + 1)); then EXCERPT+=("[... $((first - last - 1)) lines ...]"); fi
  fi
  EXCERPT+=(${lines[@]+"${lines[@]}"} ${after[@]+"${after[@]}"})
  BEHIND=${#after[@]}
}

# Adds the lines $1 to $2 of the log that EXCERPT doesn't hold yet; `last` is the last one that it holds.
add_window() {
  local from=$(($1 > last ? $1 : last + 1)) lines=()
  if ((from > $2)); then return 0; fi
  if ((from > last + 1)); then EXCERPT+=("[... $((from - last - 1)) lines ...]"); fi
  mapfile -t lines < <(sed -n -e "$from,$2p" -e "$2q" -- "$STEP_LOG" | readable)
  EXCERPT+=("${lines[@]}")
  last=$2
}

# Prints FACTS and EXCERPT.
print_excerpt() {
  local - text='' line limit
  set +x
  for line in ${FACTS[@]+"${FACTS[@]}"}; do
    harmless "$line"
    text+="rolecall[$STEP]! $REPLY"$'\n'
  done
  print "$text"
  for limit in 400 160; do
    text=''
    for line in ${EXCERPT[@]+"${EXCERPT[@]}"}; do
      harmless "$line" "$limit"
      text+="rolecall[$STEP]| $REPLY"$'\n'
    done
    if ((${#text} <= EXCERPT_BYTES)); then break; fi
  done
  print "$text"
}
