#!/bin/bash
set -e
config="{port: 80}"
python3 -c 'import json, sys; print(json.load(sys.stdin)["port"])' <<< "$config"
