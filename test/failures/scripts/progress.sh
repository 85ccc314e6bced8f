#!/bin/bash
for p in $(seq 0 100); do
  printf '\rDownloading model-7.bin  %3d%% [%-50s]' "$p" "$(printf '%*s' $((p / 2)) '' | tr ' ' '#')"
done
printf '\r\033[K'
echo "fetch: checksum mismatch for model-7.bin" >&2
exit 22
