#!/usr/bin/env bash
# Makes an image, or the root of one, from the root below it. Runs as base.sh does.
# usage: derive.sh packages OUT BASE DEBS   installs the packages of the folder DEBS: OUT gets root.tar
#        derive.sh disk OUT BASE FILES [UNITS...]   lays FILES over the root, enables UNITS: OUT gets disk.img
#   BASE  a root.tar
set -euo pipefail

what=$1 out=$2 base=$3 from=$4
shift 4
here=$(dirname "${BASH_SOURCE[0]}")

# shellcheck source=packages/local-cloud/src/vm-image/root.sh
. "$here/root.sh"

make_work "$out"
# The same words as those of a full disk, unless this says which of the two it was.
trap '(($? == 0)) || [[ $(df --output=avail "$work" | tail -n 1) -ge 1024 ]] || echo "rolecall: memory full" >&2' EXIT
tar --numeric-owner --xattrs --xattrs-include='*' -C "$work/root" -xf "$base"

install_packages() {
  mkdir "$work/root/run/debs"
  mount --bind "$from" "$work/root/run/debs"
  # shellcheck disable=SC2016 # expanded inside
  run_inside /bin/sh -c 'dpkg --force-unsafe-io --force-confdef --force-confold --install /run/debs/*.deb'
  umount "$work/root/run/debs"
}

make_disk() {
  local mib
  mib=$(du -sm "$work/root" | cut -f1)
  # A quarter and 1 GiB more than there is, for what a machine writes; at least 3 GiB. The file is sparse.
  mib=$((mib * 5 / 4 + 1024))
  ((mib >= 3072)) || mib=3072
  truncate -s "${mib}M" "$out/disk.img"
  mke2fs -q -F -t ext4 -L rolecall-root -E lazy_itable_init=0 -d "$work/root" "$out/disk.img"
}

case $what in
packages)
  install_packages
  save_root "$out/root.tar"
  ;;
disk)
  install_overlay "$from"
  for unit in "$@"; do chroot "$work/root" systemctl --quiet enable "$unit"; done
  clean_root
  make_disk
  ;;
esac
drop_work
