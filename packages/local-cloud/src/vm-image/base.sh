#!/usr/bin/env bash
# Makes the base of all VM images. Runs as root of namespaces of its own (namespace.ts): what it mounts goes with them.
# usage: base.sh OUT APT SUITE PACKAGES OVERLAY [SOURCES...]
#   OUT       folder that gets root.tar, vmlinuz, initrd.img, dpkg-status and apt/ (the sources)
#   APT       folder in which downloaded packages are kept
#   PACKAGES  separated by commas
#   OVERLAY   folder laid over the root (root/ of this folder)
#   SOURCES   files for mmdebstrap; none: its own mirror
set -euo pipefail

out=$1 apt=$2 suite=$3 packages=$4 overlay=$5
shift 5
here=$(dirname "${BASH_SOURCE[0]}")

# shellcheck source=packages/local-cloud/src/vm-image/root.sh
. "$here/root.sh"

make_work "$out"
mkdir -p "$apt/archives"

# Hooks of mmdebstrap run outside the root, which is "$1". Packages come from ARCHIVES where it has them, and go there.
export ARCHIVES=$apt/archives
# shellcheck disable=SC2016 # expanded by the hooks
fetch='mkdir -p "$1/var/cache/apt/archives"; find "$ARCHIVES" -name "*.deb" -exec cp -t "$1/var/cache/apt/archives" {} +'
# shellcheck disable=SC2016
keep='for deb in "$1"/var/cache/apt/archives/*.deb; do cp "$deb" "$ARCHIVES/.new" && mv -f "$ARCHIVES/.new" "$ARCHIVES/${deb##*/}"; done'

# The kernel's own initial RAM disk isn't used: usr/local/lib/rolecall-image/configure.
export INITRD=No
mmdebstrap --mode=root --variant=minbase --include="$packages" --skip=essential/unlink,download/empty \
  --aptopt='APT::Install-Recommends "false"' --aptopt='APT::Sandbox::User "root"' --aptopt='Acquire::Retries "1"' \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/i18n/locales/*' \
  --dpkgopt='path-include=/usr/share/locale/locale.alias' \
  --setup-hook="$fetch" --customize-hook="$keep" \
  "$suite" "$work/root" "$@"

install_overlay "$overlay"
# What belongs to this run of apt must not stay for that of a machine.
rm -f "$work"/root/etc/apt/apt.conf.d/99mmdebstrap
run_inside /usr/local/lib/rolecall-image/configure
rm -r "$work/root/usr/local/lib/rolecall-image"

mkdir "$out/apt"
cp -r "$work"/root/etc/apt/sources.list* "$out/apt/"
cp "$work/root/var/lib/dpkg/status" "$out/dpkg-status"
mv "$work"/root/boot/vmlinuz-* "$out/vmlinuz"
mv "$work/root/boot/initrd.img" "$out/initrd.img"
save_root "$out/root.tar"
drop_work
