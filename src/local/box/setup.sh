#!/bin/bash
# Builds a box's own root and becomes its init. Runs as PID 1 of fresh namespaces; the cloud starts it (see sandbox.ts).
#
#   setup.sh MODE STAGE STATE UPPER HOSTNAME IP PAYLOAD COMMAND...
#
# MODE     complete (real root) or limited (an ordinary user's user namespace)
# STAGE    an empty folder of the host: the box's memory is mounted there, in the box's mount namespace alone
# STATE    rolecall's state folder, which a box must not see
# UPPER    folder on disk that collects what the box writes (image builds), or - to keep that in memory
# PAYLOAD  folder with this script's siblings (init.sh, power.sh), or - for an image build, which needs none of them
# COMMAND  what becomes init; stdin first brings the image layers, one path a line, topmost first, then an empty line
#
# Says `net PID` on stdout as soon as the network namespace is ready (PID is the host's), `ready` when the root is,
# and then waits for `go` on stdin. A failure is one line on stderr.
set -Eeuo pipefail
umask 022

MODE=$1 STAGE=$2 STATE=$3 UPPER=$4 BOX_NAME=$5 IP=$6 PAYLOAD=$7
shift 7

# Top-level folders of the host that are part of the system; anything else at the top is somebody's data.
readonly SYSTEM=' bin sbin lib lib32 lib64 libx32 usr etc var opt '
# Other machines' disks and sockets inside the system folders.
readonly FOREIGN=(containerd containers docker kubelet libvirt lxc lxd machines rancher snapd cloud)
# Kernel knobs that act on the host: readable, not writable.
readonly FROZEN=(sys sysrq-trigger irq bus fs)
# What a machine's root needs no more once it is up; all of it reaches beyond the box.
readonly DROPPED=-sys_module,-sys_rawio,-sys_time,-mknod,-mac_admin,-mac_override,-syslog,-audit_control,-block_suspend,-wake_alarm

step=start
fail() {
  printf 'box set-up failed at %s: %s\n' "$step" "$*" >&2
  exit 1
}
trap 'fail "line $LINENO: $BASH_COMMAND"' ERR

network() {
  step='network (ip)'
  ip -batch - <<END
link set lo up
addr add 169.254.169.254/32 dev lo
addr add $IP/32 dev lo
END
  hostname "$BOX_NAME"
  local pid
  # The host's /proc is still mounted, so this is the process id as the host sees it.
  read -r pid _ </proc/self/stat
  printf 'net %s\n' "$pid"
}

stage() {
  step="memory for the box at $STAGE"
  mount -t tmpfs -o mode=0755,size=50% rolecall-box "$STAGE"
  cd "$STAGE"
  mkdir -p root upper work base mask/var/lib dirs/{boot,dev,home,media,mnt,proc,run/lock,srv,sys} dirs/var dev/{pts,shm}
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

# A whiteout (character device 0:0) for every name that the box must not see.
mask() {
  local path name
  for path in /* /.[!.]*; do
    name=${path#/}
    [[ ! -e $path || $SYSTEM == *" $name "* ]] || mknod "mask/$name" c 0 0
  done
  for name in "${FOREIGN[@]}"; do
    [[ ! -e /var/lib/$name ]] || mknod "mask/var/lib/$name" c 0 0
  done
  mknod mask/var/tmp c 0 0
}

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

# --- limited: a user namespace may not put an overlay over /, only over single folders -----------------------------

# Without owners: a user namespace may hold one user only.
copy() {
  cp -RP --preserve=mode,timestamps "$@"
}

limited_root() {
  step='overlays over /usr /etc /var /opt'
  local path name
  # pivot_root wants a mount point.
  mount --bind root root
  mkdir -p root/{boot,dev,home,media,mnt,proc,run/lock,srv,sys,root,usr,etc,var,opt}
  mkdir -m 1777 root/tmp
  for path in /bin /sbin /lib*; do
    if [[ -L $path ]]; then
      copy "$path" root/
    else
      mkdir "root$path"
      mount --rbind "$path" "root$path"
    fi
  done
  for name in usr etc var opt; do
    [[ ! -d /$name ]] || limited_folder "$name"
  done
  for name in "${LAYERS[@]}"; do
    limited_rest "$name"
  done
  mount -t tmpfs -o mode=1777 rolecall-box root/var/tmp
  for name in "${FOREIGN[@]}"; do
    [[ ! -d root/var/lib/$name ]] || mount -t tmpfs rolecall-box "root/var/lib/$name"
  done
}

limited_folder() {
  local name=$1 layer lowers=()
  for layer in "${LAYERS[@]}"; do
    [[ ! -d $layer/$name ]] || lowers+=("$layer/$name")
  done
  mkdir "upper/$name" "work/$name"
  own_folders "$name"
  if mount -t overlay rolecall-box -o \
    "userxattr,nodev,upperdir=upper/$name,workdir=work/$name,lowerdir=$(joined "${lowers[@]}" "/$name")" \
    "root/$name" 2>/dev/null; then return; fi
  # A folder with mounts inside it can't be overlaid by an ordinary user (a container's /etc/hosts).
  case $name in
    etc)
      copy /etc/. root/etc/ 2>/dev/null || true
      local index
      for ((index = ${#lowers[@]} - 1; index >= 0; index--)); do
        copy "${lowers[index]}/." root/etc/
      done
      ;;
    opt) ((${#lowers[@]} > 0)) || mount --rbind /opt root/opt ;;
    *) fail "the kernel refused an overlay over /$name: Linux 5.11 is needed, and no mounts below that folder" ;;
  esac
}

# Folders of the host's root can't be written to by the box's: so the box has folders of its own over the usual ones.
own_folders() {
  local depth=4 name=$1
  [[ $name != usr ]] || depth=2
  # What can't be listed can't be used either.
  { find "/$name" -xdev -mindepth 1 -maxdepth "$depth" -type d -printf '%P\0' 2>/dev/null || true; } |
    (cd "upper/$name" && xargs -0r mkdir -p --)
}

# Whatever an image holds outside the overlaid folders. The topmost layer comes first, so nothing is overwritten.
limited_rest() {
  local path name
  for path in "$1"/*; do
    name=${path##*/}
    case $name in
      usr | etc | var | opt | '*') ;;
      *) copy --no-clobber "$path" root/ ;;
    esac
  done
}

# --- both ----------------------------------------------------------------------------------------------------------

devices() {
  step='devices'
  local nodes=(null zero full random urandom tty) name
  copy /dev/{fd,stdin,stdout,stderr} dev/
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
  # The network's knobs belong to the box's own network namespace: a role may turn them.
  table+="$here/proc/sys/net $here/proc/sys/net none bind 0 0"$'\n'
  printf '%s' "$table" >fstab
  mount --all --fstab fstab
  mount -o remount,bind,rw root/proc/sys/net
  # Read-only; where a user may not have one, an empty folder does.
  mount -t sysfs -o ro,nosuid,nodev,noexec sysfs root/sys 2>/dev/null || true
  step="hiding $STATE"
  [[ ! -d root$STATE ]] || mount -t tmpfs rolecall-box "root$STATE"
}

# By rename: in a user namespace files of root can be replaced, not written.
replace() {
  rm -f "root$1.rolecall"
  cat >"root$1.rolecall"
  mv -fT "root$1.rolecall" "root$1"
}

# Files of users that the box's root may read and edit, so that su and useradd have what they need.
accounts() {
  local name
  for name in passwd group; do
    replace "/etc/$name" <"root/etc/$name"
  done
  sed 's/:.*/:*:20000:0:99999:7:::/' root/etc/passwd | replace /etc/shadow
  sed 's/:.*/:*::/' root/etc/group | replace /etc/gshadow
  chmod 0640 root/etc/shadow root/etc/gshadow
  replace /etc/subuid </dev/null
  replace /etc/subgid </dev/null
  rm -f root/etc/.pwd.lock root/etc/{passwd,group,shadow,gshadow,subuid,subgid}-
}

# within FOLDER: FOLDER of the box, of which an image may make a link. This runs in the host's root: an absolute link is
# followed in the box's, and one that leads out of it is refused.
within() {
  local folder=$1 target
  if [[ -L root$folder ]]; then
    target=$(readlink "root$folder")
    [[ $target == /* ]] || target=/$target
    folder=$target
  fi
  target=$(realpath -- "root$folder")
  [[ $target == "$PWD/root/"* ]] || fail "the image's $1 leads out of the box, to $target"
  printf '%s' "root$folder"
}

identity() {
  step='identity'
  local id sbin etc run
  etc=$(within /etc)
  sbin=$(within /sbin)
  run=$(within /run)
  [[ $etc == root/etc ]] || fail "the image's /etc is a link"
  read -r id </proc/sys/kernel/random/uuid
  replace /etc/machine-id <<<"${id//-/}"
  replace /etc/hostname <<<"$BOX_NAME"
  printf '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n%s %s\n' "$IP" "$BOX_NAME" | replace /etc/hosts
  [[ $MODE == complete ]] || accounts
  mkdir "$run/rolecall-box"
  cp "$PAYLOAD/init.sh" "$run/rolecall-box/init.sh"
  local name
  for name in poweroff halt reboot shutdown runlevel; do
    cp -T --remove-destination "$PAYLOAD/power.sh" "$sbin/$name"
    chmod 0755 "$sbin/$name"
  done
}

enter() {
  step='pivot_root'
  cd root
  pivot_root . mnt
  cd /
  umount -l /mnt
}

network
stage
layers
"${MODE}_root"
devices
kernel_files
[[ $PAYLOAD == - ]] || identity
enter
echo ready
step='waiting for the cloud'
read -r go
[[ $go == go ]]
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
  setpriv --bounding-set "$DROPPED" --inh-caps "$DROPPED" -- "$@"
