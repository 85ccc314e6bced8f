#!/bin/bash
# The last steps of a box's set-up, with no more rights than the box has: its network, its root, its identity, its init.
# setup.sh starts it in the namespaces of a complete box, and reads it as a file for a limited one.
#
#   inside.sh begin IN OUT ROOT HOSTNAME IP PAYLOAD COMMAND...
#   inside.sh finish ROOT HOSTNAME IP PAYLOAD COMMAND...
#
# begin    process 1 of all namespaces but the mounts': stdin and stdout lead to setup.sh; IN and OUT are descriptors that lead
#          to the cloud
# finish   the same process, in a mount namespace of the box's own, once setup.sh has mounted ROOT

network() {
  step='network (ip)'
  ip -batch - <<END
link set lo up
addr add 169.254.169.254/32 dev lo
addr add $IP/32 dev lo
END
  # Without a program; the file is not an ordinary user's to write.
  { printf '%s' "$BOX_NAME" >/proc/sys/kernel/hostname; } 2>/dev/null || hostname "$BOX_NAME"
  printf 'net %s\n' "$1"
}

# host_pid VARIABLE: this process's id as the host sees it, as long as the host's /proc is mounted.
host_pid() {
  read -r "$1" _ </proc/self/stat
}

begin() {
  local in=$1 out=$2 pid line
  shift 2
  host_pid pid
  echo "$pid"
  network "$pid" >&"$out"
  # Until the ids are mapped this process owns nothing. setup.sh tells what went wrong where it doesn't answer.
  read -r line && [[ $line == mounted ]] || exit 1
  step='a mount namespace of its own'
  exec <&"$in" >&"$out" {in}<&- {out}>&-
  exec unshare --mount -- bash "${BASH_SOURCE[0]}" finish "$@"
}

# By rename, because what is read is replaced.
replace() {
  rm -f "$1.rolecall"
  printf '%s\n' "$2" >"$1.rolecall"
  mv -fT "$1.rolecall" "$1"
}

# Files of users that a limited box's root may read and edit, so that su and useradd have what they need.
accounts() {
  local name
  for name in passwd group; do
    replace "/etc/$name" "$(</etc/$name)"
  done
  replace /etc/shadow "$(sed 's/:.*/:*:20000:0:99999:7:::/' /etc/passwd)"
  replace /etc/gshadow "$(sed 's/:.*/:*::/' /etc/group)"
  chmod 0640 /etc/shadow /etc/gshadow
  for name in subuid subgid; do
    : >"/etc/$name.rolecall"
    mv -f "/etc/$name.rolecall" "/etc/$name"
  done
  rm -f /etc/.pwd.lock /etc/{passwd,group,shadow,gshadow,subuid,subgid}-
}

# Once the box's root is the root, so that no link of an image leads to the host. INIT and POWER are the texts of the scripts.
identity() {
  step='identity'
  local id name
  read -r id </proc/sys/kernel/random/uuid
  # In a limited box files of root can be replaced, not written.
  rm -f /etc/{machine-id,hostname,hosts} /sbin/{poweroff,halt,reboot,shutdown,runlevel}
  echo "${id//-/}" >/etc/machine-id
  echo "$BOX_NAME" >/etc/hostname
  echo $'127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n'"$IP $BOX_NAME" >/etc/hosts
  [[ $MODE == complete ]] || accounts
  mkdir /run/rolecall-box
  printf '%s\n' "$INIT" >/run/rolecall-box/init.sh
  for name in poweroff halt reboot shutdown runlevel; do
    printf '%s\n' "$POWER" >"/sbin/$name"
  done
  chmod 0755 /sbin/{poweroff,halt,reboot,shutdown,runlevel}
}

# finish ROOT: changes to that root, and becomes the box's init when the cloud says so.
finish() {
  local go INIT POWER
  if [[ $PAYLOAD != - ]]; then
    INIT=$(<"$PAYLOAD/init.sh")
    POWER=$(<"$PAYLOAD/power.sh")
  fi
  step='pivot_root'
  cd "$1"
  pivot_root . mnt
  cd /
  umount -l /mnt
  [[ $PAYLOAD == - ]] || identity
  echo ready
  step='waiting for the cloud'
  read -r go
  [[ $go == go ]]
  exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
    setpriv --ambient-caps -all --inh-caps -all -- "${COMMAND[@]}"
}

arguments() {
  BOX_NAME=$1 IP=$2 PAYLOAD=$3
  shift 3
  COMMAND=("$@")
}

# Read as a file: the reader has strict settings, `step` and `fail` already.
[[ ${BASH_SOURCE[0]} == "$0" ]] || return 0
set -Eeuo pipefail
umask 022
MODE=complete
step=start
fail() {
  printf 'box set-up failed at %s: %s\n' "$step" "$*" >&2
  exit 1
}
trap 'fail "line $LINENO: $BASH_COMMAND"' ERR
case $1 in
  begin)
    arguments "${@:5}"
    begin "${@:2}"
    ;;
  finish)
    arguments "${@:3}"
    # pivot_root wants a mount that may be moved; those that a user namespace inherits may not.
    mount --rbind "$2" "$2"
    finish "$2"
    ;;
esac
