#!/bin/bash
# Context a: the shop is all that runs there.
set -euo pipefail

# Sourced, so that a failure names the line of that script.
# shellcheck source=/dev/null
source "${ROLECALL_BUILD_DIR:?}/start.sh"
