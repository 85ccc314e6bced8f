#!/bin/bash
# Every machine of context a, in any environment: takes its role.
set -euo pipefail

exec bash "../roles/${role:?}.sh"
