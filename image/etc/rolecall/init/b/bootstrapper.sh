#!/bin/bash
# The machines of context b whose environment has no script of its own: takes its role.
set -euo pipefail

exec bash "../roles/${role:?}.sh"
