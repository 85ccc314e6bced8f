#!/bin/bash
# Context a: the shop is all that runs there.
set -euo pipefail

exec bash "${ROLECALL_BUILD_DIR:?}/start.sh"
