# Where lines are printed, and what they may hold.

# Fills SINKS with the devices to print to besides stdout. Each console is printed to once: /dev/console is a second
# device node of the kernel's last console, which only /sys tells. Opening a serial port without carrier may wait forever.
find_consoles() {
  local device active='' one=''
  SINKS=()
  IFS= read -r active 2>/dev/null <"$ROOT/sys/class/tty/console/active" || true
  if [[ $active == *ttyS0 || $ROOT/dev/ttyS0 -ef $ROOT/dev/console ]]; then one=yes; fi
  for device in "$ROOT"/dev/{console,ttyS0}; do
    if [[ /dev/fd/1 -ef $device ]]; then
      # stdout is this line already.
      if [[ -n $one ]]; then
        SINKS=()
        return 0
      fi
    elif [[ -w $device && (-z $one || -z ${SINKS[*]}) ]] && opens "$device"; then
      SINKS+=("$device")
    fi
  done
}

# Whether the device $1 can be opened within two seconds. By bash alone: no tool has been looked for yet.
opens() {
  read -rt 2 < <(echo >>"$1" && echo .) || { kill -9 $! && false; }
} 2>/dev/null

# Prints the text $1 to stdout and the consoles. A device is opened in a subshell each time, since a session's leader
# that opens a terminal would make it its own, and be hung up when getty takes it.
print() {
  local sink
  printf '%s' "$1" 2>/dev/null || true
  for sink in "${SINKS[@]}"; do (printf '%s' "$1" >>"$sink") 2>/dev/null || true; done
}

# Sets REPLY to $1 with nothing in it that could act on a terminal, pass for a marker, or tell one of the MASKS; of a line that
# was written over (a progress bar) its last state. A line that is too long for $2 characters (400) keeps its beginning and
# its end.
harmless() {
  local - text=$1 name most=${2:-400}
  set +x
  if ((${#text} > 8000)); then text=${text:0:4000}${text: -4000}; fi
  text=${text%"${text##*[!$'\r']}"}
  while [[ $text == *$'\r'* ]]; do text=${text#*$'\r'}; done
  text=${text//$'\e['*([0-9;?])[A-Za-z]/}
  text=${text//$'\t'/ }
  text=${text//[[:cntrl:]]/?}
  text=${text//<<rc/< <rc}
  for name in "${!MASKS[@]}"; do text=${text//"${MASKS[$name]}"/[$name]}; done
  if ((${#text} > most)); then text="${text:0:most*2/3}...${text: -most/3}"; fi
  REPLY=$text
}
