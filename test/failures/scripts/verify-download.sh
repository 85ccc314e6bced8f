#!/bin/bash
set -o pipefail
T=`mktemp -d`
cd $T || exit 1
for f in kernel initrd rootfs modules config; do echo "$f content" > $f.img; done
sha256sum *.img > SHA256SUMS
echo "rootfs c0ntent" > rootfs.img
echo "Verifying checksums"
if sha256sum -c SHA256SUMS; then
    echo "Checksums good"
else
    echo "Aborting."
    rm -rf $T
    exit 2
fi
