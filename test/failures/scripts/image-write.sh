#!/bin/bash
set -eo pipefail
# write the golden image, show progress on one line
target=/dev/full
for p in $(seq 0 5 100); do
    printf '\rdownloading image: %3d%% [%-20s]' "$p" "$(printf '%*s' $((p/5)) '' | tr ' ' '#')"
done
printf '\n'
for n in $(seq 1 250); do echo "chunk $n/250 sha ok"; done
echo "writing image to $target"
head -c 4194304 /dev/zero | dd of=$target bs=1M iflag=fullblock conv=notrunc
echo "syncing"
sync
for n in $(seq 1 50); do echo "verify $n"; done
