# Time on the machine.

# When the run began and when its steps are ended, by uptime_cs; how many seconds the launch waits in all. Empty where nobody
# says.
RUN_CS=0 DEADLINE='' TIMEOUT=''

# Sets REPLY to the milliseconds since 1970 (no fork: it is asked often).
now_ms() {
  REPLY=${EPOCHREALTIME/[.,]/}
  REPLY=$((REPLY / 1000))
}

# Sets REPLY to the hundredths of a second since the machine started: clocks are set while machines boot.
uptime_cs() {
  read -r REPLY _ </proc/uptime
  REPLY=$((10#${REPLY/./}))
}

# Sets DEADLINE, by uptime_cs, for a run whose launch waits $1 seconds. What is left then is for the report: a tenth of the
# time, at least 15 seconds, at most half of the time.
set_deadline() {
  local left=$(($1 > 150 ? $1 * 10 : $1 > 30 ? 1500 : $1 * 50))
  DEADLINE=$((RUN_CS + $1 * 100 - left)) TIMEOUT=$1
}

# Sets REPLY to the milliseconds since $1, or to 0 where the clock was set meanwhile: back, or (a machine that begins in
# 1970) so far ahead that a marker has no room for the number.
ms_since() {
  now_ms
  REPLY=$((REPLY - $1))
  if ((REPLY < 0 || REPLY >= 10 ** 12)); then REPLY=0; fi
}
