#!/bin/bash
# Every machine of context a, in any environment: takes its role.
set -euo pipefail

# Sourced, so that a failure names the line of that script.
# shellcheck source=/dev/null
source "../roles/${role:?}.sh"
