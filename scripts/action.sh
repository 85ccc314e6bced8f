#!/usr/bin/env bash
# The steps of action.yml. usage: scripts/action.sh setup|run
#   setup  makes this checkout ready, and puts rolecall on the PATH of the job's later steps
#   run    runs rolecall with the words of ROLECALL_ARGS
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

setup() {
  local bin=${RUNNER_TEMP:?}/rolecall-bin name
  "$root/scripts/setup.sh" cli
  mkdir -p "$bin"
  for name in rolecall launch; do
    ln -sfn "$root/dist/$name.cjs" "$bin/$name"
  done
  printf '%s\n' "$bin" >>"${GITHUB_PATH:?}"
}

# xargs splits as a shell does, quotes and backslashes too, but expands and runs nothing.
run() {
  local list words=()
  list=$(mktemp "${RUNNER_TEMP:?}/rolecall-args.XXXXXX")
  xargs -r printf '%s\0' <<<"${ROLECALL_ARGS:?}" >"$list" || {
    rm -f "$list"
    printf '::error title=rolecall::the input args has a quote without its other half: %s\n' "${ROLECALL_ARGS//[$'\r\n']/ }" >&2
    exit 2
  }
  mapfile -d '' words <"$list"
  rm -f "$list"
  exec node "$root/dist/rolecall.cjs" "${words[@]}"
}

case ${1:-} in
setup) setup ;;
run) run ;;
*)
  printf 'usage: scripts/action.sh setup|run\n' >&2
  exit 2
  ;;
esac
