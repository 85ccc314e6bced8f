# Runs scripts twice each, with the recorder's file and without: both.sh BOX BOOTSTRAPPER SCRIPT...
# What they leave is in BOX/out/N/with and BOX/out/N/without; BOX/out/N/recorder is there where the script has a recorder.

box=$1 script=$box/place/script.sh log=$box/log
source "$2"
set +e +u +o pipefail +o errtrace
reset_state
STEP=init

# Runs $1 in a fresh folder, below a parent of its own that it may kill: once FILE OUT [ENVIRONMENT].
once() {
  mkdir -p "$2" "$box/place"
  cp "$1" "$script"
  chmod 755 "$script"
  # shellcheck disable=SC2016 # the parent expands it
  (cd "$box/place" && LOG=$log OUT=$2 timeout 60 bash -c '"$@" >"$LOG" 2>"$OUT/stderr" </dev/null; echo "$?" >"$OUT/status"' parent \
    env -i ${3:+"$3"} PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 ./script.sh) 2>/dev/null
  echo "$?" >"$2/parent"
  if (($(stat -c %s "$log") > 100000)); then sha256sum <"$log" >"$2/stdout"; else mv "$log" "$2/stdout"; fi
  rm -f "$log"
  find "$box/place" -printf '%P %M\n' | sort >"$2/modes"
  mv "$box/place" "$2/place"
}

number=0
for file in "${@:3}"; do
  out=$box/out/$number WORK=$box/out/$number SCRIPT=script.sh SCRIPT_PATH=$file
  mkdir -p "$out"
  find_interpreter "$file"
  prepare_recorder "$log"
  if [[ -n $REPLY ]]; then
    touch "$out/recorder"
    once "$file" "$out/with" "BASH_ENV=$REPLY"
    once "$file" "$out/without"
  fi
  number=$((number + 1))
done
