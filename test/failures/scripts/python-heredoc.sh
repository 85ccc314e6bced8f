#!/bin/bash
set -e
cores=0
python3 - "$cores" <<'PY'
import sys
cores = int(sys.argv[1])
memory = 4096 // cores
print(f"-m {memory}")
PY
echo "memory computed"
