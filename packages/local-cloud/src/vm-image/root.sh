# What base.sh and derive.sh share: the root of an image in memory, "$work/root". Sourced.
# shellcheck shell=bash

# Memory rather than disk: whoever kills this process leaves nothing, and no file of another user's number.
make_work() {
  work=$1/work
  mkdir "$work"
  mount -t tmpfs -o mode=755,size=3g rolecall-image "$work"
  mkdir "$work/root" "$work/tmp"
  export TMPDIR=$work/tmp
}

drop_work() {
  cd /
  umount "$work"
  rmdir "$work"
}

# Files and links only: folders that are there keep their mode. Unpacked inside, so that no link leads out.
install_overlay() {
  (cd "$1" && find . ! -type d -print0 | tar --null --no-recursion --files-from=- --owner=0 --group=0 -c) |
    env --unset=TMPDIR chroot "$work/root" tar -x --keep-directory-symlink --no-same-owner -p
}

# Runs a command inside, with what packages' scripts need: devices, /proc, no services.
run_inside() {
  local device
  mount -t proc proc "$work/root/proc"
  rm -rf "$work"/root/dev/*
  for device in null zero full random urandom tty; do
    : >"$work/root/dev/$device"
    mount --bind "/dev/$device" "$work/root/dev/$device"
  done
  printf '#!/bin/sh\nexit 101\n' >"$work/root/usr/sbin/policy-rc.d"
  chmod 755 "$work/root/usr/sbin/policy-rc.d"
  env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
    DEBIAN_FRONTEND=noninteractive DEBCONF_NONINTERACTIVE_SEEN=true \
    chroot "$work/root" "$@" </dev/null >&2
  rm "$work/root/usr/sbin/policy-rc.d"
  for device in null zero full random urandom tty; do umount "$work/root/dev/$device"; done
  rm -rf "$work"/root/dev/*
  umount "$work/root/proc"
}

# What one machine wrote is not for the next.
clean_root() {
  rm -rf "$work"/root/{run,tmp,var/tmp,var/cache/apt,var/log/journal}/* "$work"/root/var/lib/apt/lists/* \
    "$work"/root/var/log/{dpkg.log,apt,alternatives.log,bootstrap.log} "$work"/root/var/cache/debconf/*-old
  rm -f "$work"/root/etc/machine-id "$work"/root/var/lib/dbus/machine-id "$work"/root/etc/hostname "$work"/root/etc/resolv.conf
  : >"$work/root/etc/machine-id"
}

save_root() {
  clean_root
  tar --numeric-owner --xattrs --xattrs-include='*' -C "$work/root" -cf "$1" .
}
