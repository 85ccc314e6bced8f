#!/usr/bin/env bash
# Runs the tests of the given lanes. Only the lane `box` runs as root, by sudo for anybody else: complete machines need
# it, and no test is skipped. With ROLECALL_TEST_RESULTS=FOLDER, Jest's results go there as JSON, for scripts/count.mjs.
# usage: scripts/test.sh all|LANE[,LANE...] [JEST-ARGUMENT...]
set -euo pipefail
cd "$(dirname "$0")/.."

lanes=${1:?which lanes? scripts/test.sh all|unit|property|cloud|e2e|box}
shift
[[ $lanes != all ]] || lanes=unit,property,cloud,e2e,box
IFS=, read -ra lanes <<<"$lanes"

# A developer waits for the unit lane, so its properties run less often: the other lanes, and CI, run them in full.
[[ ${lanes[*]} != unit ]] || export ROLECALL_PROPERTY_RUNS=${ROLECALL_PROPERTY_RUNS:-20}

jest=("$(command -v node)" node_modules/jest/bin/jest.js "$@")
results() { [[ ! -v ROLECALL_TEST_RESULTS ]] || printf -- '--json --outputFile=%s/%s.json' "$ROLECALL_TEST_RESULTS" "$1"; }

ordinary=()
box=()
for lane in "${lanes[@]}"; do
  if [[ $lane == box && $EUID != 0 ]]; then box=(box); else ordinary+=("$lane"); fi
done

# Of a run that names files, each half may have none.
has_tests() { [[ $("${jest[@]}" --listTests --selectProjects "$@") == *.test.ts* ]]; }
if ((${#ordinary[@]} && ${#box[@]})); then
  if ! has_tests box; then box=(); elif ! has_tests "${ordinary[@]}"; then ordinary=(); fi
fi

status=0
# One run for all that need no sudo: so no core idles at the end of each lane.
if ((${#ordinary[@]})); then
  # shellcheck disable=SC2046 # no word, or two
  "${jest[@]}" $(results ordinary) --selectProjects "${ordinary[@]}" || status=$?
fi
((${#box[@]})) || exit "$status"

if ! command -v sudo >/dev/null; then
  echo 'test: the lane box boots complete machines: run it as root, or as a user with sudo' >&2
  exit 1
fi
sudo -n true 2>/dev/null || echo 'test: the lane box boots complete machines as root, so sudo asks you now' >&2
# HOME becomes root's own, so that no file of root's turns up in yours. sudo drops what else the tests look at.
kept=()
for name in CI TERM NODE_EXTRA_CA_CERTS http_proxy https_proxy no_proxy; do
  [[ ! -v $name ]] || kept+=("$name=${!name}")
done
# What the tests start lies in sbin too, which is not in a user's PATH.
kept+=("PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin")
# shellcheck disable=SC2046 # no word, or two
sudo -H env "${kept[@]}" "${jest[@]}" $(results box) --selectProjects box || status=$?
exit "$status"
