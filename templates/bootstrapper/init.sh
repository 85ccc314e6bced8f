# Step init.

# Sets INIT_SCRIPT to the first candidate there is, the most specific first, each looked for in every root in turn.
# One that is there but can't be run ends the run: falling back to a more general one would hide the mistake.
find_init_script() {
  local context=${PERSONALITY[context]} environment=${PERSONALITY[environment]} candidate root tried=''
  local roots=("$ROOT/etc/rolecall/init")
  if [[ -n $BUILD_DIR ]]; then roots=("$BUILD_DIR/init" "${roots[@]}"); fi
  for candidate in "$context/$environment/${PERSONALITY[machine_id]}.sh" "$context/$environment/bootstrapper.sh" \
    "$context/bootstrapper.sh"; do
    for root in "${roots[@]}"; do
      INIT_SCRIPT=$root/$candidate
      if [[ -f $INIT_SCRIPT && -r $INIT_SCRIPT ]]; then return 0; fi
      if [[ -e $INIT_SCRIPT || -L $INIT_SCRIPT ]]; then die "$INIT_SCRIPT is there, but is not a file that can be read"; fi
      tried+=", $INIT_SCRIPT"
    done
  done
  INIT_SCRIPT=''
  die "no init script for this machine; looked for ${tried#, }"
}

# Fills INIT_ENVIRONMENT: a clean base, the proxy that the bootstrapper itself was started with, and the personality,
# without rolecall's own keys except the launch id.
build_init_environment() {
  local key
  INIT_ENVIRONMENT=("PATH=$BOX_PATH" HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive "ROLECALL_INSTANCE_ID=$INSTANCE_ID")
  if [[ -n $BUILD_DIR ]]; then INIT_ENVIRONMENT+=("ROLECALL_BUILD=$BUILD" "ROLECALL_BUILD_DIR=$BUILD_DIR"); fi
  for key in {http,https,no}_proxy {HTTP,HTTPS,NO}_PROXY; do
    if [[ -n ${!key:-} ]]; then INIT_ENVIRONMENT+=("$key=${!key}"); fi
  done
  for key in "${!PERSONALITY[@]}"; do
    if [[ $key != rolecall_* || $key == rolecall_launch ]]; then
      INIT_ENVIRONMENT+=("$key=${PERSONALITY[$key]}")
    fi
  done
}

# Runs the script in its own folder, with the recorder's file $1 where there is one.
run_script() {
  cd -- "${INIT_SCRIPT%/*}" && { env -i ${1:+"BASH_ENV=$1"} "${INIT_ENVIRONMENT[@]}" "${INIT_COMMAND[@]}" 2>&1; } 2>"$WORK/said"
}

run_init() {
  local log=$ROOT/var/log/rolecall/init.log
  find_init_script
  build_init_environment
  name_file "$INIT_SCRIPT"
  SCRIPT=$REPLY SCRIPT_PATH=$INIT_SCRIPT INTERPRETER=bash
  if [[ -x $INIT_SCRIPT ]]; then
    INIT_COMMAND=("$INIT_SCRIPT")
    find_interpreter "$INIT_SCRIPT"
  else
    INIT_COMMAND=("$BASH" "$INIT_SCRIPT")
  fi
  rotate_log "$log" || die "can't write $log"
  say "running $INIT_SCRIPT"
  prepare_recorder "$log"
  run_logged "$log" 0 run_script "$REPLY" || exit
  STEP_LOG=''
}
