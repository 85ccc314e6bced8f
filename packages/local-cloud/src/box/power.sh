#!/bin/bash
# poweroff, halt, reboot and shutdown of a local box end the box: its init listens for SIGPWR. runlevel tells whether the box
# shuts down, since no systemd can.
case ${0##*/}:${*: -1} in
  runlevel:*)
    if [[ -e /run/rolecall-box/shutting-down ]]; then echo '3 0'; else echo 'N 3'; fi
    exit 0
    ;;
  shutdown:-c) exit 0 ;;
  shutdown:+0) ;;
  shutdown:+[0-9]*)
    (sleep "$((10#${*: -1} * 60))" && kill -s PWR 1) >/dev/null 2>&1 </dev/null &
    exit 0
    ;;
esac
kill -s PWR 1
