#!/bin/bash
# The root of a limited box; setup.sh reads this file. A user namespace may not put an overlay over /, only over single folders.
# shellcheck disable=SC2034,SC2154 # FOREIGN, LAYERS, step: of setup.sh

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
