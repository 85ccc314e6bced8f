#!/bin/bash
set -e
fetch() { sleep 0.2; ln -s /etc/hosts "/srv/none/link"; }
fetch &
one=$!
sleep 0.1 &
two=$!
wait "$two"
echo "first half done"
wait "$one"
