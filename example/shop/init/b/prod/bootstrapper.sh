#!/bin/bash
# The production machines of context b: many clients, so as many open files as the machine allows; then the shop.
set -euo pipefail

ulimit -Sn "$(ulimit -Hn)"
exec bash "${ROLECALL_BUILD_DIR:?}/start.sh"
