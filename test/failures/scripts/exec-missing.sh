#!/bin/bash
set -e
echo "starting erlang"
exec /opt/erlang/bin/erl -noshell -s shop
