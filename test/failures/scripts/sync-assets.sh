#!/bin/bash
set -e
S=$(mktemp -d); D=$(mktemp -d)
trap 'rm -rf $S $D; echo "temporary folders gone"' EXIT
for i in $(seq 1 120); do echo $i > $S/asset-$i.css; done
ls $S | sort -V | sed 's/^/found /'
command -v pigz >/dev/null || echo "pigz is missing, plain gzip will do"
echo "Copying..."
rsync -a --delete $S/ $D/
echo "Copied $(ls $D | wc -l) files"
