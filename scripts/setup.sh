#!/usr/bin/env bash
# Makes a fresh Debian or Ubuntu machine ready, and does nothing on one that is: npm packages, the bundle, and a few
# Debian packages; for `cli`, which can do all but the local cloud, no packages. usage: scripts/setup.sh run|test|vm|cli
set -euo pipefail
cd "$(dirname "$0")/.."

purpose=${1:-run}

say() { printf 'setup: %s\n' "$*" >&2; }

node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' || {
  say "rolecall needs Node 20.19 or newer, this is $(node --version)"
  exit 1
}

# Two commands at once on a fresh clone: the second waits for the first, and finds all done.
exec {lock}<.
flock "$lock"

# npm writes node_modules/.package-lock.json last, so an interrupted install is done again.
if [[ ! node_modules/.package-lock.json -nt package-lock.json ]]; then
  say 'installing npm packages (npm ci)'
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2
  touch node_modules/.package-lock.json
fi
# Built only when something is newer: a build replaces files that a command of this checkout may be running. The build
# writes THIRD-PARTY.txt last.
stale() {
  [[ ! -e dist/THIRD-PARTY.txt || node_modules/.package-lock.json -nt dist/THIRD-PARTY.txt ]] ||
    [[ -n $(find src packages scripts package.json -newer dist/THIRD-PARTY.txt -print -quit) ]]
}
! stale || node scripts/build.mjs
[[ $purpose != cli ]] || exit 0

# command or file:package:why
wanted=(
  'ip:iproute2:gives each local machine the metadata address'
  'curl:curl:the bootstrapper on the box fetches with it'
  'openssl:openssl:the box checks what it fetches with it'
)
if [[ $purpose == test ]]; then
  wanted+=(
    'shellcheck:shellcheck:checks the shell that runs on the box'
    'shfmt:shfmt:checks the format of that shell'
    '/usr/bin/aws:awscli:an independent client for the local cloud'
    'sudo:sudo:a test starts the local cloud through it'
    's3cmd:s3cmd:another client for the local cloud'
    '/usr/lib/python3/dist-packages/boto3/__init__.py:python3-boto3:a third one'
    'zstd:zstd:builds can be compressed with it'
    'git:git:builds are made with it'
  )
fi
if [[ $purpose == vm ]]; then
  wanted+=(
    'qemu-system-x86_64:qemu-system-x86:runs the virtual machines'
    'qemu-img:qemu-utils:makes their disks'
    'socat:socat:leads them to the metadata service and S3'
    'mmdebstrap:mmdebstrap:makes their image'
    'mke2fs:e2fsprogs:makes the file system of the image'
    'newuidmap:uidmap:lets an ordinary user make it'
    'git:git:builds are made with it'
  )
fi
packages=()
for line in "${wanted[@]}"; do
  IFS=: read -r tool package why <<<"$line"
  if [[ ! -e $tool ]] && ! PATH=$PATH:/usr/sbin:/sbin command -v "$tool" >/dev/null; then
    packages+=("$package")
    say "Debian package $package is missing: $why"
  fi
done
((${#packages[@]})) || exit 0

install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${packages[@]}")
update=(apt-get update -q)
if ! command -v apt-get >/dev/null; then
  say "this is not Debian or Ubuntu: install ${packages[*]} yourself, then run this again"
  exit 1
fi
if ((EUID != 0)); then
  if ! command -v sudo >/dev/null; then
    say "as root, run: apt-get install ${packages[*]}"
    exit 1
  fi
  say "installing with sudo: ${packages[*]}"
  install=(sudo "${install[@]}")
  update=(sudo "${update[@]}")
fi
"${install[@]}" >&2 || { "${update[@]}" >&2 && "${install[@]}" >&2; }
