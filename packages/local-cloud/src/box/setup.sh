#!/bin/bash
# Mounts the root of a box and starts the box in it; the cloud starts this script in a mount namespace of its own (see sandbox.ts).
#
#   setup.sh MODE STAGE STATE UPPER HOSTNAME IP PAYLOAD COMMAND...
#
# MODE     complete (real root) or limited (an ordinary user's user namespace, in which this script is process 1)
# STAGE    an empty folder of the host: the box's memory is mounted there, in this mount namespace alone
# STATE    rolecall's state folder, which a box must not see
# UPPER    folder on disk that collects what the box writes (image builds), or - to keep that in memory
# PAYLOAD  folder with this script's siblings (init.sh, power.sh), or - for an image build, which needs none of them
# COMMAND  what becomes init; stdin first brings the image layers, one path a line, topmost first, then an empty line
#
# inside.sh says `net PID` on stdout as soon as the network namespace is ready (PID is the host's), `ready` when the root is,
# and then waits for `go` on stdin. A failure is one line on stderr.
#
# A complete box runs in a user namespace whose ids are the host's. This script stays outside: it mounts everything, since
# mounts that a user namespace inherits can be neither removed nor made writable in it.
set -Eeuo pipefail
umask 022

readonly MODE=$1 STAGE=$2 STATE=$3 UPPER=$4 INSIDE=${BASH_SOURCE[0]%/*}/inside.sh

# Top-level folders of the host that are part of the system; anything else at the top is somebody's data.
readonly SYSTEM=' bin sbin lib lib32 lib64 libx32 usr etc var opt '
# Other machines' disks and sockets inside the system folders.
readonly FOREIGN=(containerd containers docker kubelet libvirt lxc lxd machines rancher snapd cloud)
# Kernel knobs that act on the host: readable, not writable. Root of a box is the host's user 0, who owns them.
readonly FROZEN=(sys sysrq-trigger irq bus fs acpi scsi driver tty mtrr dynamic_debug slabinfo)
# The host's memory, keys and timers.
readonly CONCEALED=(kcore vmcore keys key-users kmsg kpagecount kpageflags kpagecgroup latency_stats timer_list sched_debug)

step=start
fail() {
  printf 'box set-up failed at %s: %s\n' "$step" "$*" >&2
  exit 1
}
trap 'fail "line $LINENO: $BASH_COMMAND"' ERR

stage() {
  step="memory for the box at $STAGE"
  mount -t tmpfs -o mode=0755,size=50% rolecall-box "$STAGE"
  cd "$STAGE"
  mkdir -p root upper work base mask dirs/{boot,dev,home,media,mnt,proc,run/lock,srv,sys} dirs/var dev/{pts,shm}
  mkdir -m 0700 dirs/root
  mkdir -m 1777 dirs/tmp dirs/var/tmp
}

# Layers are bound to plain names: a mount option can't hold a path with a comma or a colon.
layers() {
  step='image layers'
  local path
  LAYERS=()
  while IFS= read -r path && [[ -n $path ]]; do
    mkdir "layer${#LAYERS[@]}"
    mount --bind "$path" "layer${#LAYERS[@]}"
    LAYERS+=("layer${#LAYERS[@]}")
  done
}

joined() {
  local IFS=:
  printf '%s' "$*"
}

# --- complete: one overlay over the whole root of the host -------------------------------------------------------

# Folders of the system that are file systems of their own, which an overlay over / does not show: /var on a disk of
# its own. Deeper ones are somebody's data; /var/tmp is always fresh.
parts() {
  local point seen=' '
  while read -r _ _ _ _ point _; do
    printf -v point '%b' "$point"
    case $point in
      / | /*/*/* | /var/tmp | /var/run | /var/lock) continue ;;
    esac
    [[ -d $point && $SYSTEM == *" $(cut -d / -f 2 <<<"$point") "* && $seen != *" $point "* ]] || continue
    seen+="$point "
    PARTS+=("${point#/}")
  done </proc/self/mountinfo
}

# over FOLDER UPPER WORK LAYER...: the overlay of one part, from the layers that hold anything for it.
over_part() {
  local part=$1 upper=$2 work=$3 layer lowers=()
  shift 3
  for layer in "$@" dirs mask; do
    [[ ! -d $layer/$part ]] || lowers+=("$layer/$part")
  done
  mkdir -p "$upper" "$work"
  mount -t overlay rolecall-part -o \
    "nodev,upperdir=$upper,workdir=$work,lowerdir=$(joined "${lowers[@]}" "/$part")" "root/$part"
}

# Two steps, because the layers lie below / on the same disk, and overlayfs refuses layers that contain each other.
# Where / is an overlay itself (a container) two more are one too many: then the layers are copied to memory.
complete_root() {
  step="overlay over / (needs overlayfs and root with CAP_SYS_ADMIN; a container must be --privileged)"
  mask
  local upper=upper work=work layer part PARTS=()
  parts
  if [[ $UPPER != - ]]; then
    upper=disk/upper work=disk/work
    mkdir disk
    mount --bind "$UPPER" disk
  fi
  # What the box starts with runs from here: the box could write to that program by /proc/self/exe.
  for part in '' "${PARTS[@]}"; do
    mount -o remount,bind,ro "/$part"
  done
  mount -t overlay rolecall-base -o ro,lowerdir=mask:/ base
  mkdir -p "$work/root"
  local top="nodev,upperdir=$upper,workdir=$work/root"
  if ! mount -t overlay rolecall-box -o "$top,lowerdir=$(joined "${LAYERS[@]}" dirs base)" root 2>/dev/null; then
    copied_root
    upper=upper work=work
  fi
  for part in "${PARTS[@]}"; do
    step="overlay over /$part, a file system of its own"
    over_part "$part" "$upper/$part" "$work/${part//\//-}" "${LAYERS[@]}"
  done
}

copied_root() {
  local layer copies=()
  for layer in "${LAYERS[@]}"; do
    cp -a "$layer" "$layer.copy"
    copies+=("$layer.copy")
  done
  LAYERS=("${copies[@]}")
  mkdir -p dirs/run/rolecall-{upper,keep} work/root
  mount -t overlay rolecall-box -o \
    "nodev,upperdir=upper,workdir=work/root,lowerdir=$(joined "${LAYERS[@]}" dirs mask /)" root
  # Nor may an overlay be the upper folder of another: what is to be kept is copied out by who asked for it.
  if [[ $UPPER != - ]]; then
    mount --bind upper root/run/rolecall-upper
    mount --bind disk/upper root/run/rolecall-keep
  fi
}

# --- either ----------------------------------------------------------------------------------------------------------

devices() {
  step='devices'
  local nodes=(null zero full random urandom tty) name
  cp -RP --preserve=mode,timestamps /dev/{fd,stdin,stdout,stderr} dev/
  ln -s pts/ptmx dev/ptmx
  # A FIFO, which the cloud reads: a console that no process of the box can close.
  mkfifo -m 0600 dev/console
  ln dev/console dev/ttyS0
  if [[ $MODE == complete ]]; then
    cp -a "${nodes[@]/#//dev/}" dev/
  else
    touch "${nodes[@]/#/dev/}"
    for name in "${nodes[@]}"; do
      mount --bind "/dev/$name" "dev/$name"
    done
  fi
  mount --rbind dev root/dev
}

# In the box's own PID and network namespaces, which is what /proc and /sys show.
kernel_files() {
  step='/proc and /dev/pts'
  local name here table=''
  here=${PWD// /\\040}/root
  table+="proc $here/proc proc nosuid,nodev,noexec 0 0"$'\n'
  table+="devpts $here/dev/pts devpts nosuid,noexec,newinstance,ptmxmode=0666,mode=0620 0 0"$'\n'
  table+="rolecall-shm $here/dev/shm tmpfs nosuid,nodev,mode=1777 0 0"$'\n'
  for name in "${FROZEN[@]}"; do
    [[ ! -e /proc/$name ]] || table+="$here/proc/$name $here/proc/$name none bind,ro 0 0"$'\n'
  done
  for name in "${CONCEALED[@]}"; do
    [[ ! -e /proc/$name ]] || table+="/dev/null $here/proc/$name none bind,ro 0 0"$'\n'
  done
  # The network's knobs belong to the box's own network namespace: a role may turn them.
  table+="$here/proc/sys/net $here/proc/sys/net none bind 0 0"$'\n'
  if [[ $MODE == complete ]]; then
    table+="sysfs $here/sys sysfs ro,nosuid,nodev,noexec 0 0"$'\n'
    # Where a part of /sys is hidden, the kernel lets no user namespace mount it afresh.
    [[ ! -d /sys/firmware ]] || table+="rolecall-none $here/sys/firmware tmpfs ro,nosuid,nodev,noexec 0 0"$'\n'
  fi
  printf '%s' "$table" >fstab
  "$@" mount --all --fstab fstab
  mount -o remount,bind,rw root/proc/sys/net
  # Read-only; where a user may not have one, an empty folder does.
  [[ $MODE == complete ]] || mount -t sysfs -o ro,nosuid,nodev,noexec sysfs root/sys 2>/dev/null || true
  step="hiding $STATE"
  [[ ! -d root$STATE ]] || mount -t tmpfs rolecall-box "root$STATE"
}

# --- the box's own namespaces --------------------------------------------------------------------------------------

# Limits can't be raised in a user namespace, so the box gets the highest that this process may have; what applies stays as it
# is. A root without CAP_SYS_RESOURCE raises none.
limits() {
  local name most
  read -r most </proc/sys/fs/nr_open
  for name in c d f l s u v; do
    ulimit "-H$name" unlimited 2>/dev/null || true
  done
  ulimit -Hn "$most" 2>/dev/null || true
}

# All namespaces that are made together with the user namespace are its own: its root sets up the network and the host name.
# Mounts and cgroups stay the host's. (Without job control bash would start what runs beside it deaf to SIGINT.)
begin_box() {
  step='user, PID, network, IPC and UTS namespaces'
  local words=("$@") in out
  exec {in}<&0 {out}>&1
  set -m
  coproc BOX {
    exec setpriv --pdeathsig KILL -- \
      unshare --user --keep-caps --net --uts --ipc --pid --fork --kill-child -- \
      bash "$INSIDE" begin "$in" "$out" "${words[@]}"
  }
  set +m
  exec {in}<&- {out}>&-
  # Bash forgets them when the coprocess ends.
  TO_BOX=${BOX[1]} FROM_BOX=${BOX[0]} BOX_JOB=$BOX_PID
}

map_ids() {
  step='the ids of the user namespace'
  read -r HOST_PID <&"$FROM_BOX" || end_with_box
  printf '0 0 4294967295\n' >"/proc/$HOST_PID/uid_map"
  printf '0 0 4294967295\n' >"/proc/$HOST_PID/gid_map"
}

# Ends as the box does, by the same signal too; what failed in there has said so.
end_with_box() {
  trap - ERR
  set +e
  local status
  exec </dev/null >/dev/null 2>&1
  wait "$BOX_JOB"
  status=$?
  ((status <= 128)) || kill -s "$((status - 128))" "$$"
  exit "$status"
}

if [[ $MODE == limited ]]; then
  # shellcheck source=packages/local-cloud/src/box/inside.sh
  . "$INSIDE"
  # shellcheck source=packages/local-cloud/src/box/limited.sh
  . "${INSIDE%/*}/limited.sh"
  arguments "${@:5}"
  host_pid pid
  network "$pid"
  stage
  layers
  limited_root
  devices
  kernel_files
  finish root
fi
# shellcheck source=packages/local-cloud/src/box/mask.sh
. "${INSIDE%/*}/mask.sh"
limits
begin_box "$STAGE/root" "${@:5}"
stage
layers
map_ids
complete_root
devices
kernel_files nsenter --target "$HOST_PID" --pid --net --
step='the box itself'
echo mounted >&"$TO_BOX"
exec {TO_BOX}>&- {FROM_BOX}<&-
end_with_box
