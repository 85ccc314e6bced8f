#!/bin/bash
# Writes the message, and whose machine it is.
# shellcheck disable=SC2154 # the variables are those of module.yaml and the personality
set -euo pipefail
# shellcheck source=SCRIPTDIR/../../../templates/module-lib.sh
source "$ROLECALL_LIB"

write_file /etc/motd 644 <<END
$motd_text

role $role, environment $environment, context $context
END

grep -qF "role $role" /etc/motd || fail '/etc/motd does not hold what was written'
say "everybody who logs in reads: $motd_text"
