#!/bin/bash
# The machines of context b whose environment has no script of its own: takes its role.
set -euo pipefail

# Sourced, so that a failure names the line of that script.
# shellcheck source=/dev/null
source "../roles/${role:?}.sh"
