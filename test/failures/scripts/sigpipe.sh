#!/bin/bash
set -euo pipefail
echo "choosing a password"
seq 1 1000000 | head -n 1
echo "chosen"
