#!/bin/bash
set -e
ulimit -c 0
echo "starting the importer"
python3 -c 'import ctypes; ctypes.string_at(0)'
