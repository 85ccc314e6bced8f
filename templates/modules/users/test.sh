#!/bin/bash
# A key of a new pair opens an account over a real sshd, and no longer does when its line is gone.
# shellcheck disable=SC2154 # the variables are those of module.yaml
set -euo pipefail
# shellcheck source=SCRIPTDIR/../../module-lib.sh
source "$ROLECALL_LIB"

readonly PORT=2222
install_packages --apt 'openssh-server openssh-client' --dnf 'openssh-server openssh-clients'
folder=$(mktemp -d)
trap 'kill -- "$(<"$folder/pid")" 2>/dev/null || true; rm -rf -- "$folder"' EXIT
ssh-keygen -q -t ed25519 -N '' -f "$folder/host"
ssh-keygen -q -t ed25519 -N '' -f "$folder/key"
mkdir -p /run/sshd
"$(command -v sshd)" -f /dev/null -h "$folder/host" -o "PidFile=$folder/pid" -o ListenAddress=127.0.0.1 -p "$PORT" -E "$folder/log"
wait_for 5 listening 127.0.0.1 "$PORT" || fail "sshd doesn't listen on port $PORT"

log_in() {
  ssh -F none -i "$folder/key" -p "$PORT" -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
    -o LogLevel=ERROR rolecall-test@127.0.0.1 "$@" </dev/null
}

users="${users%$'\n'}"$'\n'"rolecall-test $(<"$folder/key.pub")" bash start-up.sh
[[ $(log_in id -un) == rolecall-test ]] || fail "the key doesn't open the account: $(tail -n 3 "$folder/log")"
if flag users_sudo; then [[ $(log_in sudo -n id -u) == 0 ]] || fail "the account has no sudo"; fi
bash start-up.sh
if log_in true 2>/dev/null; then fail 'the key still opens the account that left the list'; fi
if runuser -u rolecall-test -- sudo -n true 2>/dev/null; then fail 'the account that left the list still has sudo'; fi
userdel --remove rolecall-test 2>/dev/null
say 'a key opens its account by ssh, and no longer does when its line is gone'
