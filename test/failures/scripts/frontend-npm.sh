#!/bin/bash
set -u
cd "$(mktemp -d)" || exit 1
npm() {   # played, npm 10
    [ "$1" = ci ] || { command npm "$@"; return; }
    cat >&2 <<'OUT'
npm warn deprecated inflight@1.0.6: This module is not supported, and leaks memory.
npm warn deprecated rimraf@3.0.2: Rimraf versions prior to v4 are no longer supported
npm error code ERESOLVE
npm error ERESOLVE could not resolve
npm error
npm error While resolving: react-datepicker@4.8.0
npm error Found: react@19.0.0
npm error node_modules/react
npm error   react@"^19.0.0" from the root project
npm error
npm error Could not resolve dependency:
npm error peer react@"^16.9.0 || ^17 || ^18" from react-datepicker@4.8.0
npm error node_modules/react-datepicker
npm error   react-datepicker@"^4.8.0" from the root project
npm error
npm error Fix the upstream dependency conflict, or retry
npm error this command with --force or --legacy-peer-deps
npm error to accept an incorrect (and potentially broken) dependency resolution.
npm error A complete log of this run can be found in: /root/.npm/_logs/2024-11-05T10_11_12_345Z-debug-0.log
OUT
    return 1
}
echo "Frontend: $(node --version)"
echo '{"name":"shop","private":true}' > package.json
rc=0
npm ci --no-audit --no-fund || rc=$?
(( rc == 0 )) || { echo "Frontend: build skipped"; echo "Frontend: FAILED ($rc)"; exit "$rc"; }
echo "Frontend: done"
