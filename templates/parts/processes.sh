# Processes, read from /proc: ps may not be there.

# FAMILY: PID:START of the child and of all that was seen to descend from it. A number alone may be another's later.
KIDS_FILE=children KIDS=() FAMILY=() ARGV=() STATE='' PARENT='' START=''

# Sets STATE, PARENT and START (hundredths of a second since the machine started) of the process $1; fails where there is none.
stat_of() {
  local - text=''
  set -f
  { IFS= read -r -d '' text </proc/"$1"/stat; } 2>/dev/null || true
  if [[ -z $text ]]; then return 1; fi
  # A program's name may hold spaces and parentheses.
  # shellcheck disable=SC2086 # into words
  set -- ${text##*') '}
  STATE=${1:-Z} PARENT=${2:-0} START=${20:-0}
}

# Sets KIDS to the child processes of $1. Not every kernel lists them.
kids_of() {
  local list more=()
  KIDS=()
  if [[ -e /proc/$1/task/$1/$KIDS_FILE ]]; then
    for list in /proc/"$1"/task/*/"$KIDS_FILE"; do
      { read -r -a more <"$list"; } 2>/dev/null || true
      KIDS+=(${more[@]+"${more[@]}"})
      more=()
    done
    return 0
  fi
  if [[ ! -e /proc/$1 ]]; then return 0; fi
  for list in /proc/[1-9]*; do
    if stat_of "${list#/proc/}" && [[ $PARENT == "$1" ]]; then KIDS+=("${list#/proc/}"); fi
  done
}

# Adds to FAMILY what descends from the child.
find_family() {
  local all=("$CHILD") index
  for ((index = 0; index < ${#all[@]}; index++)); do
    if stat_of "${all[index]}" && [[ " ${FAMILY[*]} " != *" ${all[index]}:$START "* ]]; then FAMILY+=("${all[index]}:$START"); fi
    kids_of "${all[index]}"
    all+=(${KIDS[@]+"${KIDS[@]}"})
  done
}

# Sends the signal $1 to the FAMILY, wherever it is now: `timeout`, for one, is in a group of its own.
signal_family() {
  local one
  for one in ${FAMILY[@]+"${FAMILY[@]}"}; do
    if stat_of "${one%:*}" && [[ $START == "${one#*:}" ]]; then kill "-$1" -- "${one%:*}" 2>/dev/null || true; fi
  done
}

# Sets REPLY to the child of $1 that it most likely waits for: no job in the background, nothing that waits for a pipe's
# other end, the newest of several, the first of a pipeline. Fails where there is none.
busiest_kid() {
  local kid rank best=0 since=0 found=''
  kids_of "$1"
  for kid in ${KIDS[@]+"${KIDS[@]}"}; do
    if ! stat_of "$kid" || [[ $STATE == [ZX] ]]; then continue; fi
    rank=3
    if waits_for_pipe "$kid"; then rank=2; fi
    # `exec > >(tee LOG)` reads what the shell itself prints.
    if in_background "$kid" || [[ /proc/$kid/fd/0 -ef /proc/$1/fd/1 && -p /proc/$kid/fd/0 ]]; then rank=1; fi
    if ((rank > best || (rank == best && START > since + 5))); then best=$rank since=$START found=$kid; fi
  done
  REPLY=$found
  [[ -n $found ]]
}

waits_for_pipe() {
  local where=''
  { IFS= read -r where </proc/"$1"/wchan; } 2>/dev/null || true
  [[ $where == *pipe_@(read|write|wait)* ]]
}

# Whether a shell has started the process $1 with `&`: it then ignores SIGINT and SIGQUIT.
in_background() {
  local lines=() line
  lines_of "/proc/$1/status"
  for line in ${lines[@]+"${lines[@]}"}; do
    if [[ $line == SigIgn:* ]]; then
      line=${line#*:}
      (((16#${line//[[:space:]]/} & 6) == 6))
      return
    fi
  done
  return 1
}

# Sets the caller's `lines` to those of the file $1. Not by `read`: where the process ends meanwhile, bash can't seek back in
# such a file, and hands what it has read too much to the next `read`, of whatever file.
lines_of() {
  lines=()
  { mapfile -t lines <"$1"; } 2>/dev/null || true
}

# Sets ARGV to the command line of the process $1.
argv_of() {
  ARGV=()
  { mapfile -d '' -t ARGV </proc/"$1"/cmdline; } 2>/dev/null || true
  if ((${#ARGV[@]} == 0)); then ARGV=(''); fi
}
