#!/bin/bash
set -e
sleep 0 &
pid=$!
wait $pid
echo "reloading $pid"
kill -HUP $pid
