#!/bin/bash
# The message stands there byte for byte, and everybody may read it.
# shellcheck disable=SC2154 # the variables are those of module.yaml
set -euo pipefail
# shellcheck source=SCRIPTDIR/../../../templates/module-lib.sh
source "$ROLECALL_LIB"

[[ $(head -n 1 /etc/motd) == "$motd_text" ]] || fail "the message is: $(head -n 1 /etc/motd)"
[[ $(stat -c %a /etc/motd) == 644 ]] || fail "its rights are $(stat -c %a /etc/motd)"
