#!/bin/bash
pip() {
  cat >&2 <<'EOF'
WARNING: Running pip as the 'root' user can result in broken permissions and conflicting behaviour with the system package manager. It is recommended to use a virtual environment instead: https://pip.pypa.io/warnings/venv
ERROR: Could not find a version that satisfies the requirement shop-sdk==4.2.0 (from versions: 3.9.0, 3.9.1, 4.0.0, 4.1.0)
ERROR: No matching distribution found for shop-sdk==4.2.0
EOF
  return 1
}
set -e
echo "Creating virtualenv"
pip install -r /dev/stdin <<'REQ'
requests>=2
shop-sdk==4.2.0
REQ
echo ok
