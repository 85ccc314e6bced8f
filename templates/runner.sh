# The second half of rolecall's start-up script: start-up.sh sources it from the bundle's .lib/ once the bundle is unpacked,
# and then calls `modules`; docs/bundles.md.
# shellcheck shell=bash disable=SC2154 # the settings are start-up.sh's

LIB=yes
# Of each file in a boot log.
LOG_BYTES=400000
# A module's name, seconds and systems. The name becomes a part of a marker.
MODULE='^[A-Za-z0-9_:-][A-Za-z0-9_.:-]{0,40}( [1-9][0-9]{0,5}( [a-z0-9_.,-]+)?)?$'
# Sourced in a function, and yet for all.
declare -gA BEACON=() PERSONALITY=()

# ---- parts: each file is put in here when this one is joined
. parts/children.sh
. parts/strong-forms.sh
. parts/recordable.sh
. parts/recorder.sh
. parts/records.sh
. parts/source-text.sh
. parts/cause.sh
. parts/excerpt.sh
. parts/processes.sh
. parts/doing.sh
. parts/deadline.sh
. parts/logs.sh
. parts/beacons.sh

# Whether the bundle holds nothing but folders, files, and links that stay inside.
check_bundle() {
  local link target odd
  need base64 cut find head mkfifo readlink sed sort stat tail timeout wc
  odd=$(find "$BASE" -mindepth 1 -maxdepth 1 ! -name start-up-bundle -print -quit)
  odd+=$(find "$BUNDLE" ! -type d ! -type l \( ! -type f -o -links +1 \) -print -quit)
  if [[ -n $odd ]]; then
    rm -rf -- "${BASE:?}"/*
    die "the start-up bundle holds what no bundle may: ${odd#"$BASE/"}"
  fi
  while IFS= read -r -d '' link; do
    target=$(readlink -- "$link")
    if [[ $target == /* || $(readlink -m -- "$link") != "$(readlink -f -- "$BUNDLE")"/* ]]; then
      rm -rf -- "$BUNDLE"
      die "the start-up bundle holds a link that leaves it: ${link#"$BUNDLE/"}"
    fi
  done < <(find "$BUNDLE" -type l -print0)
}

# Takes the forms from the settings, where the launch has signed them. Policies stand there as JSON.
learn_beacon() {
  local name line
  if [[ -z ${rolecall_beacon_url:-} ]]; then return 0; fi
  for name in beacon_{url,prefix,credential,date,token,signature} log_signature; do
    line=rolecall_$name
    BEACON[$name]=${!line:-}
  done
  for name in {beacon,log}_policy; do
    line=rolecall_$name
    BEACON[$name]=$(printf '%s' "${!line}" | base64 -w 0)
  done
}

# Whether this machine is one of $1: os-release's ID and ID_LIKE, between commas.
fits() {
  local ID='' ID_LIKE='' line one
  while IFS='=' read -r line one; do
    one=${one//[\"\']/}
    case $line in ID) ID=$one ;; ID_LIKE) ID_LIKE=$one ;; esac
  done <"$ROOT/etc/os-release" || true
  for one in $ID $ID_LIKE; do
    if [[ ,$1, == *,$one,* ]]; then return 0; fi
  done
  die "this module runs on ${1//,/, }, and this machine is ${ID:-unknown}"
}

# Runs the module $1 in its folder and in a clean environment, which no argv shows, with the recorder's file $2 where there is
# one.
run_module() {
  local pair name keep=" http_proxy https_proxy no_proxy "
  for name in $(compgen -e); do if [[ $keep != *" $name "* ]]; then unset "$name"; fi; done
  cd -- "$BUNDLE/$1" || return
  export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
    DEBIAN_FRONTEND=noninteractive ROLECALL_MODULE="$1" ROLECALL_BUNDLE_DIR="$BUNDLE" ROLECALL_LIB="$BUNDLE/.lib/module-lib.sh" rolecall_launch
  for pair in "${personality[@]}"; do export "${pair?}"; done
  if [[ -f .variables ]]; then
    while IFS= read -r -d '' pair; do
      if [[ $pair =~ ^[a-z][a-z0-9_]*= ]]; then export "${pair?}"; fi
    done <.variables
  fi
  if [[ -n $2 ]]; then export BASH_ENV=$2; fi
  { bash start-up.sh 2>&1 6<&-; } 2>"$WORK/said"
}

# module NAME [SECONDS [SYSTEMS]]: a step of its own.
module() {
  local log=${LOGS[0]%/*}/module.$1.log
  if [[ ! $* =~ $MODULE ]]; then
    begin_step modules
    die "a line of modules.list must be NAME [SECONDS [SYSTEMS]], and is '$*': start-up-bundle/NAME holds the module's start-up.sh"
  fi
  begin_step "module.$1"
  print "Starting module $1: via $1/start-up.sh"$'\n'
  if [[ ! -f $BUNDLE/$1/start-up.sh ]]; then die "there is no $1/start-up.sh in the bundle"; fi
  if [[ -n ${3:-} ]]; then fits "$3"; fi
  (umask 077 && : >"$log") 2>/dev/null || die "can't write $log: is there room on the disk?"
  SCRIPT=$1/start-up.sh SCRIPT_PATH=$BUNDLE/$1/start-up.sh INTERPRETER=bash
  prepare_recorder "$log"
  run_logged "$log" "${2:-600}" run_module "$1" "$REPLY" || exit
  STEP_LOG=''
  print "Finished starting module $1"$'\n'
  end_step
}

# All modules, in the order of modules.list; without it, that of the names. Then the verdict.
modules() {
  local name seconds platforms
  if [[ -f $BUNDLE/.lib/masks ]]; then
    HIDING=$(<"$BUNDLE/.lib/masks")
  fi
  rm -f -- "$BUNDLE/.lib/masks"
  learn_beacon
  open_bell
  if [[ -f $BUNDLE/modules.list ]]; then
    # Its last line may lack the newline.
    while IFS=$' \t\r' read -r -u 6 name seconds platforms || [[ -n $name ]]; do
      if [[ -n $name ]]; then module "$name" ${seconds:+"$seconds"} ${platforms:+"$platforms"}; fi
    done 6<"$BUNDLE/modules.list"
  else
    for name in "$BUNDLE"/*/start-up.sh; do
      name=${name%/start-up.sh}
      module "${name##*/}"
    done
  fi
  if [[ $STEP == bundle.unpack ]]; then
    begin_step modules
    die 'the bundle holds no module: nothing would be started'
  fi
  ms_since "$RUN_AT"
  give_verdict "ok $STEP 0 $REPLY"
}
