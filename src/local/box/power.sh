#!/bin/bash
# poweroff, halt, reboot and shutdown of a local box: ends the box. Its init listens for SIGPWR.
case ${0##*/}:${*: -1} in
  shutdown:-c) exit 0 ;;
  shutdown:+0) ;;
  shutdown:+[0-9]*)
    (sleep "$((10#${*: -1} * 60))" && kill -s PWR 1) >/dev/null 2>&1 </dev/null &
    exit 0
    ;;
esac
kill -s PWR 1
