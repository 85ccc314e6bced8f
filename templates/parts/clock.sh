# Time on the machine.

# Sets REPLY to the milliseconds since 1970 (no fork: it is asked often).
now_ms() {
  REPLY=${EPOCHREALTIME/[.,]/}
  REPLY=$((REPLY / 1000))
}

# Sets REPLY to the milliseconds since $1, or to 0 where the clock was set meanwhile: back, or (a machine that begins in
# 1970) so far ahead that a marker has no room for the number.
ms_since() {
  now_ms
  REPLY=$((REPLY - $1))
  if ((REPLY < 0 || REPLY >= 10 ** 12)); then REPLY=0; fi
}
