#!/bin/bash
# restore the uploads folder from last night's dump
set -e
TMP=`mktemp -d /tmp/r-XXXXXXXXXXXX`
trap 'echo "removing $TMP"; rm -rf $TMP' EXIT
cd $TMP

echo "==> fetching backup"
mkdir uploads
i=0
while [ $i -lt 40 ]; do
  head -c 3000 /dev/urandom > uploads/img_$i.jpg
  i=$((i+1))
done
tar czf full.tar.gz uploads
# the transfer broke off at 60k
head -c 60000 full.tar.gz > uploads-latest.tar.gz
rm -rf uploads full.tar.gz
ls uploads-latest.tar.gz

echo "==> unpacking"
mkdir -p www
tar -xzf uploads-latest.tar.gz -C www
echo "==> fixing permissions"
chmod -R go-w www
echo "==> done"
