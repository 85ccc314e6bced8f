#!/bin/bash
# Accounts with SSH keys. The keys stand in a section of authorized_keys that is this module's: other lines, such as the
# key pair that the machine was launched with, stay. An account that leaves the list keeps its files and loses that section.
# shellcheck disable=SC2154 # the variables are those of module.yaml
set -euo pipefail
# shellcheck source=SCRIPTDIR/../../module-lib.sh
source "$ROLECALL_LIB"

readonly BEGIN='# rolecall users: begin' END='# rolecall users: end'
readonly TYPES='(ssh-(ed25519|rsa)|ecdsa-sha2-nistp(256|384|521)|sk-(ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com)'
readonly SUDOERS=/etc/sudoers.d/rolecall-users
declare -A KEYS=()

# Fills KEYS, NAME to lines. Everything is checked before anything is changed. A line isn't shown: it might be a private key.
read_users() {
  local line name key uid number=0 form="([a-z][a-z0-9_-]{0,31})[[:blank:]]+(${TYPES}[[:blank:]]+AAAA[A-Za-z0-9+/]{40,}={0,3}([[:blank:]][[:print:]]*)?)"
  while IFS= read -r line; do
    number=$((number + 1)) line=${line%$'\r'}
    if [[ $line =~ ^[[:blank:]]*(#|$) ]]; then continue; fi
    [[ $line =~ ^$form$ ]] || fail "line $number of users must be NAME TYPE KEY [COMMENT], as in \`ada ssh-ed25519 AAAA... ada@desk\`, and isn't"
    name=${BASH_REMATCH[1]} key=${BASH_REMATCH[2]}
    if command -v ssh-keygen >/dev/null; then
      ssh-keygen -l -f - <<<"$key" >/dev/null 2>&1 || fail "the key of $name in line $number of users is no SSH key: was it cut? Copy it from a .pub file"
    fi
    uid=$(id -u "$name" 2>/dev/null) || uid=1000
    if ((uid < 1000 || uid == 65534)); then fail "$name in line $number of users is an account of the system: choose another name"; fi
    KEYS[$name]+=$key$'\n'
  done <<<"$users"
  ((${#KEYS[@]} > 0)) || fail 'users names nobody: give a line NAME TYPE KEY for each account'
}

# An account without a password. `*` and not `!`, which sshd may take for locked.
add_account() {
  if id "$1" >/dev/null 2>&1; then return 0; fi
  useradd --create-home --shell /bin/bash --password '*' "$1" || fail "useradd can't make the account $1"
}

# write_keys NAME HOME LINES: the section becomes these lines; without lines it goes.
write_keys() {
  local folder=$2/.ssh file=$2/.ssh/authorized_keys others=''
  # Root would follow a link that the account's owner made.
  if [[ -L $folder || -L $file ]]; then fail "$file is behind a link: make it a file, or take $1 out of users"; fi
  install -d -m 700 -o "$1" -g "$(id -g "$1")" -- "$folder"
  if [[ -f $file ]]; then others=$(sed "/^$BEGIN/,/^$END/d" "$file"); fi
  write_file "$file" 600 "$1:" < <(
    if [[ -n $others ]]; then printf '%s\n' "$others"; fi
    if [[ -n $3 ]]; then printf '%s\n%s%s\n' "$BEGIN" "$3" "$END"; fi
  )
}

drop_others() {
  local name home _
  while IFS=: read -r name _ _ _ _ home _; do
    if [[ -z ${KEYS[$name]:-} ]] && grep -qsxF -- "$BEGIN" "$home/.ssh/authorized_keys"; then
      write_keys "$name" "$home" ''
      say "$name is no longer in users: the keys are gone, the files stay"
    fi
  done < <(getent passwd)
}

# A mistake in sudoers.d would lock sudo for everybody: the new file is checked before it is there.
write_sudoers() {
  local draft
  if ! flag users_sudo; then
    rm -f -- "$SUDOERS"
    return
  fi
  install_packages --apt sudo --dnf sudo
  draft=$(mktemp)
  printf '%s ALL=(ALL) NOPASSWD: ALL\n' "${!KEYS[@]}" | sort >"$draft"
  visudo --check --quiet --file="$draft" || fail 'visudo refuses the rule for sudo'
  write_file "$SUDOERS" 440 <"$draft"
  rm -f -- "$draft"
}

# What sshd will do: as that account, read the file. And sudo, where it is allowed.
can_log_in() {
  runuser -u "$1" -- grep -qxF -- "$BEGIN" "$2/.ssh/authorized_keys" || fail "$1 can't read its own authorized_keys in $2"
  if flag users_sudo; then
    [[ $(runuser -u "$1" -- sudo -n id -u) == 0 ]] || fail "$1 can't use sudo"
  fi
}

read_users
flag users_sudo || true
for name in "${!KEYS[@]}"; do
  add_account "$name"
  write_keys "$name" "$(getent passwd "$name" | cut -d: -f6)" "${KEYS[$name]}"
done
write_sudoers
drop_others
for name in "${!KEYS[@]}"; do can_log_in "$name" "$(getent passwd "$name" | cut -d: -f6)"; done
say "accounts with keys$(if flag users_sudo; then printf ' and sudo'; fi): ${!KEYS[*]}"
