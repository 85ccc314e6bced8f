#!/bin/bash
# Node.js: the AMI's own where it fits, else the distribution's.
# shellcheck disable=SC2154 # the variables are those of module.yaml
set -euo pipefail
# shellcheck source=SCRIPTDIR/../../module-lib.sh
source "$ROLECALL_LIB"

if [[ -n ${node_major:-} ]]; then whole node_major 12 99; fi
flag node_npm || true

# The major version of the command `node`, which may be another after an installation.
major() {
  hash -r
  node --print 'process.versions.node.split(".")[0]' 2>/dev/null
}

fits() {
  local found
  found=$(major) && [[ ${node_major:-$found} == "$found" ]]
}

if ! fits; then
  install_packages --apt nodejs --dnf "nodejs${node_major:-22}"
  # On Amazon Linux versions live side by side; the first one that was installed is `node`.
  if ! fits && [[ -x /usr/bin/node-${node_major:-22} ]]; then alternatives --set node "/usr/bin/node-${node_major:-22}"; fi
  fits || fail "node $node_major was asked for, and this system has $(major): leave out node_major, or install that version on the AMI"
fi
if flag node_npm; then
  command -v npm >/dev/null || install_packages --apt npm --dnf "nodejs$(major)-npm"
  npm --version >/dev/null || fail 'npm is there, and does not run'
fi
answer=$(node --eval '
  const hash = require("crypto").createHash("sha256").update("rolecall").digest("hex");
  Promise.all([hash]).then(([text]) => console.log(text.slice(0, 8)));') || fail 'node is there, and runs no program'
[[ $answer == "$(printf rolecall | sha256sum | cut -c 1-8)" ]] || fail "node computes $answer, which is wrong"
say "node $(node --version) runs programs$(if flag node_npm; then printf ', with npm %s' "$(npm --version)"; fi)"
