#!/bin/bash
# Context b, where the environment has no script of its own.
set -euo pipefail

exec bash "${ROLECALL_BUILD_DIR:?}/start.sh"
