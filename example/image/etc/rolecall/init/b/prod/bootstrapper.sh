#!/bin/bash
# The production machines of context b: many clients, so as many open files as the machine allows; then the role.
set -euo pipefail

ulimit -Sn "$(ulimit -Hn)"
# Sourced, so that a failure names the line of that script.
# shellcheck source=/dev/null
source "../../roles/${role:?}.sh"
