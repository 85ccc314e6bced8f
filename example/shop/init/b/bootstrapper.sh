#!/bin/bash
# Context b, where the environment has no script of its own.
set -euo pipefail

# Sourced, so that a failure names the line of that script.
# shellcheck source=/dev/null
source "${ROLECALL_BUILD_DIR:?}/start.sh"
