#!/bin/bash
# rolecall's start-up script (scheme B): the user data of machines of any AMI that runs `#!` user data. Fetches this
# launch's start-up bundle, checks, decrypts and unpacks it. What runs the modules lies in the bundle, since user data has
# little room: nothing stands here that isn't needed before; docs/bundles.md.
#
# Needs bash >= 5.0, curl >= 7.68, openssl >= 1.1.1, coreutils, GNU tar and sed, findutils, and gzip or zstd.
# rolecall fills in the settings; comments that have a line of their own don't go into the payload.

# No trace: it would show the key. And no environment that the caller may have prepared.
set +xv -euo pipefail
shopt -s extglob nullglob
export -n SHELLOPTS rolecall_nonce rolecall_bundle_url rolecall_bundle_key
export LC_ALL=C
# No core file may hold the key.
ulimit -c 0

# Tests run it under another root.
ROOT=${ROLECALL_ROOT:-}
# Seconds between two tries to fetch.
WAITS=(0.5 1 2 4 8 16)
# ---- settings: rolecall writes this block anew for each launch
rolecall_launch='launch-id'
rolecall_nonce=00000000000000000000000000000000
rolecall_timeout=600
rolecall_bundle_url='https://bucket.s3.eu-central-1.amazonaws.com/bundles/launch-id/...'
rolecall_bundle_key=0000000000000000000000000000000000000000000000000000000000000000
rolecall_bundle_sha256=0000000000000000000000000000000000000000000000000000000000000000
rolecall_bundle_compression=gzip
personality=(environment=prod role=queue context=b)
# ---- end of settings

SCHEME=start-up-bundle
RUN='' SEQ=0 STEP=metadata SIGNER=pending PENDING=() INSTANCE_ID='' LAUNCH=$rolecall_launch NONCE=$rolecall_nonce
VERDICT='' TOLD='' FAILURE='' AT_LINE='' WORK='' CHILD='' SIGNALED='' SINKS=()
declare -A MASKS=([nonce]=$NONCE [key]=$rolecall_bundle_key [url]=$rolecall_bundle_url)
BASE=$ROOT/var/lib/rolecall/$LAUNCH
BUNDLE=$BASE/start-up-bundle
LOGS=("$ROOT/var/log/rolecall/start-up.log")
# ---- parts: each file is put in here when the script is joined into one file
. parts/clock.sh
. parts/consoles.sh
. parts/markers.sh
. parts/steps.sh
. parts/signals.sh

# The bundle brings the reader of logs, and beacons.
LIB=''

clean_up() {
  # What was secret in the bundle has been told to its module.
  rm -rf -- "$WORK" "$BASE"/.bundle* "$BUNDLE"/*/.variables
}

need() {
  local name
  for name; do hash "$name" 2>/dev/null || die "missing on this AMI: $name"; done
}

# Sets REPLY to the seconds that the deadline leaves after another $1; where there are none, ends the run.
time_left() {
  uptime_cs
  REPLY=$(((DEADLINE - REPLY) / 100 - ${1:-0}))
  if ((REPLY < 1)); then die "timed out (the launch waits $TIMEOUT s)${FAILURE:+: $FAILURE}" 124; fi
}

# Asks the metadata service: ask HEADER CURL-OPTION... No proxy and no .curlrc may come between.
ask() {
  curl -qsSf --noproxy '*' --connect-timeout 2 -m 10 -H "$@" 2>&1
}

# Markers are signed for this machine. The token is good for a minute; the network may come up late.
learn_instance() {
  local wait header=X-aws-ec2-metadata-token url=http://169.254.169.254
  # Another metadata service is believed only under another root, which no machine has.
  if [[ -n $ROOT ]]; then url=${ROLECALL_METADATA:-$url}; fi
  need curl sleep
  hash sha256sum 2>/dev/null || need openssl
  for wait in 0.2 0.4 0.8 1.6 3.2 5 5 5 5 5 ''; do
    if FAILURE=$(ask "$header-ttl-seconds: 60" -X PUT "$url/latest/api/token") &&
      FAILURE=$(printf '%s: %s\n' "$header" "$FAILURE" | ask @- "$url/latest/meta-data/instance-id") &&
      [[ $FAILURE =~ ^i-[0-9a-f]+$ ]]; then
      INSTANCE_ID=$FAILURE
      settle_signer known
      return
    fi
    if [[ -n $wait ]]; then time_left "${wait%.*}" && pause "$wait"; fi
  done
  die "the metadata service tells no instance id: $FAILURE"
}

# Runs a program that may take long: a signal ends it, and the run. It prints into memory, since the disk may be full.
run() {
  local status=0
  "$@" <&0 >"$WORK/out" 2>"$WORK/said" &
  CHILD=$!
  wait "$CHILD" || status=$?
  heed
  CHILD=''
  return "$status"
}

# Ends the run for the reason $1, with the program's own first line.
refuse() {
  local said=''
  said=$(tr '\0\n' '  ' <"$WORK/said")
  if [[ $said =~ 'No space'|'Wrote only'|'error writing' ]]; then die 'no room on the disk for the start-up bundle'; fi
  die "$1${said:+: ${said% }}"
}

fetch() {
  local wait status code
  need "$rolecall_bundle_compression" chmod grep mkdir mktemp openssl rm tar tr
  mkdir -p -- "$BASE" "${LOGS[0]%/*}" "$ROOT/run" || die "can't make the folder $BASE: is this root?"
  chmod 700 -- "$BASE"
  # What is printed goes to a log, too.
  if (umask 077 && : >"${LOGS[0]}") 2>/dev/null; then SINKS+=("${LOGS[0]}"); fi
  WORK=$(umask 077 && mktemp -d "$ROOT/run/rolecall.XXXXXX")
  for wait in "${WAITS[@]}" ''; do
    status=0
    time_left
    # By a pipe: whoever has the URL and the key has the bundle.
    run curl -qsS -K <(printf 'url = "%s"\n' "$rolecall_bundle_url") --connect-timeout 10 -Y 1024 -y 30 -m "$REPLY" \
      --proto =https,http -o "$BASE/.bundle" -w '%{http_code}' || status=$?
    code=$(<"$WORK/out") FAILURE=$(<"$WORK/said")
    if ((status == 0)); then
      if [[ $code == 200 ]]; then return; fi
      # S3 says why in XML; a proxy on the way may say anything, or nothing.
      FAILURE="the answer is $code$(grep -aoE '<(Code|Message)>[^<]*' "$BASE/.bundle" | tr '\0\n' '  ')" || true
      case $code in 4[013]?) if [[ $code != 408 ]]; then break; fi ;; esac
    fi
    if [[ -n $wait ]]; then time_left "${wait%.*}" && pause "$wait"; fi
  done
  case $status$code in
  # 23: the disk is full.
  23*) die "no room on the disk for the start-up bundle: $FAILURE" ;;
  0403) die "the start-up bundle's URL is refused (it or its credentials have expired): $FAILURE" ;;
  0404) die "the start-up bundle isn't there any more: $FAILURE" ;;
  *) die "the start-up bundle can't be fetched: $FAILURE" ;;
  esac
}

verify() {
  local found
  run sha256 <"$BASE/.bundle"
  found=$(<"$WORK/out")
  if [[ ${found%% *} == "$rolecall_bundle_sha256" ]]; then return; fi
  die "this is not this launch's start-up bundle: its SHA-256 begins ${found:0:12}, and ${rolecall_bundle_sha256:0:12} was expected"
}

decrypt() {
  run openssl enc -d -aes-256-cbc -pbkdf2 -pass fd:3 -in "$BASE/.bundle" -out "$BASE/.bundle.tar" \
    3< <(printf '%s\n' "$rolecall_bundle_key") ||
    refuse "the start-up bundle can't be decrypted: a wrong key, or an openssl older than 1.1.1 ($(openssl version 2>&1))"
}

unpack() {
  rm -rf -- "$BUNDLE"
  run tar -I "$rolecall_bundle_compression" -xvvf "$BASE/.bundle.tar" -C "$BASE" --no-same-owner || {
    rm -rf -- "$BUNDLE"
    refuse "the start-up bundle can't be unpacked"
  }
  rm -f -- "$BASE"/.bundle*
  # shellcheck source=/dev/null
  . "$BUNDLE/.lib/runner.sh"
  check_bundle
  print "Unpacked: $(grep -c ^- "$WORK/out") files"$'\n'
}

main() {
  PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  begin_run "${BASH_VERSINFO[0]}"
  set_deadline "$rolecall_timeout"
  run_step metadata learn_instance
  run_step bundle.fetch fetch
  run_step bundle.verify verify
  run_step bundle.decrypt decrypt
  run_step bundle.unpack unpack
  modules
}

if [[ ${BASH_SOURCE[0]:-$0} == "$0" ]]; then main; fi
