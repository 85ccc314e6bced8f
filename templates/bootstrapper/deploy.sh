# Steps deploy.pointer, deploy.fetch, deploy.verify, deploy.unpack.

require_deploy_commands() {
  local name missing=()
  for name in chmod date df find grep gzip head ln mv readlink rm sort sync tar touch; do
    command -v "$name" >/dev/null || missing+=("$name")
  done
  if ((${#missing[@]} == 0)); then return 0; fi
  printf -v name '%s, ' "${missing[@]}"
  die "missing on this AMI, and needed to deploy a build: ${name%, }"
}

find_build() {
  require_deploy_commands
  app_folder
  APP_FOLDER=$REPLY
  (umask 022 && mkdir -p -- "$APP_FOLDER/builds") || die "can't make the folder $APP_FOLDER/builds"
  remove_leftovers
  if [[ -n ${SETTINGS[build]:-} ]]; then
    BUILD=${SETTINGS[build]} BUILD_SHA256=${SETTINGS[build_sha256]} BUILD_ARCHIVE=${SETTINGS[build_archive]:-$BUILD.tar.gz}
  else
    read_pointer
    read_manifest
  fi
  if [[ $BUILD_ARCHIVE != "$BUILD.tar.gz" && $BUILD_ARCHIVE != "$BUILD.tar.zst" ]]; then
    die "the archive of build $BUILD has the name of another one"
  fi
  if [[ $BUILD_ARCHIVE == *.zst ]] && ! command -v zstd >/dev/null; then
    die "build $BUILD is compressed with zstd, which is missing on this AMI"
  fi
  BUILD_DIR=$APP_FOLDER/builds/$BUILD-${BUILD_SHA256:0:12}
  if is_current; then
    say "${SETTINGS[app]} $BUILD${BUILD_COMMIT:+ (commit $BUILD_COMMIT)} is current already"
  else
    say "${SETTINGS[app]} is to be $BUILD${BUILD_COMMIT:+ (commit $BUILD_COMMIT)}"
  fi
}

is_current() {
  [[ -d $BUILD_DIR && $APP_FOLDER/current -ef $BUILD_DIR ]]
}

# The pointer's first line is the tag; the rest is history.
read_pointer() {
  local key=${SETTINGS[prefix]:-}pointers/${SETTINGS[app]}/${PERSONALITY[environment]} file=$WORK/pointer
  fetch_mode
  if [[ $REPLY == presigned ]]; then
    die 'fetch is presigned, but user data pins no build: only a URL in user data can be presigned'
  fi
  ensure_region
  url_of "$key"
  if ! s3_get "$REPLY" "$file" 4194304; then
    if [[ $HTTP_STATUS == 404 ]]; then
      xml_text Code "$file"
      if [[ $REPLY != NoSuchBucket ]]; then
        die "no build of ${SETTINGS[app]} is promoted to ${PERSONALITY[environment]}: there is no $key in the bucket ${SETTINGS[bucket]}"
      fi
    fi
    s3_problem "the pointer $key" "$file"
    die "$REPLY"
  fi
  IFS= read -r BUILD <"$file" || true
  BUILD=${BUILD%$'\r'}
  if [[ ! -s $file ]]; then die "the pointer $key is empty"; fi
  if [[ ! $BUILD =~ $PATH_NAME ]]; then
    BUILD=''
    die "the pointer $key names no build: its first line must be a tag"
  fi
}

# Sets REPLY to the value of a field of the manifest $2, which has a field a line, if the value matches $3.
manifest_field() {
  local line pattern='^  "'$1'": "('$3')",?$'
  REPLY=''
  while IFS= read -r line; do
    if [[ $line =~ $pattern ]]; then
      REPLY=${BASH_REMATCH[1]}
      return 0
    fi
  done <"$2"
}

read_manifest() {
  local key=${SETTINGS[prefix]:-}builds/${SETTINGS[app]}/$BUILD.json file=$WORK/manifest app
  url_of "$key"
  if ! s3_get "$REPLY" "$file" 4194304; then
    if [[ $HTTP_STATUS == 404 ]]; then
      die "the pointer names build $BUILD of ${SETTINGS[app]}, which isn't there: no $key in the bucket ${SETTINGS[bucket]}"
    fi
    s3_problem "the manifest $key" "$file"
    die "$REPLY"
  fi
  manifest_field app "$file" '[A-Za-z0-9._-]+'
  app=$REPLY
  manifest_field tag "$file" '[A-Za-z0-9._-]+'
  if [[ $app != "${SETTINGS[app]}" || $REPLY != "$BUILD" ]]; then
    die "$key in the bucket ${SETTINGS[bucket]} is not the manifest of ${SETTINGS[app]} $BUILD"
  fi
  manifest_field sha256 "$file" '[0-9a-f]{64}'
  BUILD_SHA256=$REPLY
  manifest_field archive "$file" '[A-Za-z0-9._-]+'
  BUILD_ARCHIVE=$REPLY
  manifest_field commit "$file" '[0-9a-f]{40,64}'
  BUILD_COMMIT=${REPLY:0:12}
  if [[ -z $BUILD_SHA256 || -z $BUILD_ARCHIVE ]]; then
    die "$key in the bucket ${SETTINGS[bucket]} is damaged: it lacks the archive's name or its SHA-256"
  fi
}

# Beside the builds, so that what has room there has room for good; removed whatever comes.
fetch_build() {
  local - key=${SETTINGS[prefix]:-}builds/${SETTINGS[app]}/$BUILD_ARCHIVE url
  set +x
  ARCHIVE=$APP_FOLDER/builds/.fetch-$BUILD_ARCHIVE
  fetch_mode
  if [[ $REPLY == presigned ]]; then
    url=${SETTINGS[build_url]:-}
    if [[ -z $url ]]; then die 'fetch is presigned, but user data has no rolecall_build_url'; fi
  else
    ensure_region
    url_of "$key"
    url=$REPLY
  fi
  if ! s3_get "$url" "$ARCHIVE"; then
    s3_problem "the archive $key" "$ARCHIVE"
    rm -f -- "$ARCHIVE"
    die "$REPLY"
  fi
  say "$BUILD_ARCHIVE, $(stat -c %s -- "$ARCHIVE") bytes"
}

verify_build() {
  local size
  start_child sha256 <"$ARCHIVE" >"$WORK/sha256"
  follow_child
  REPLY=$(head -c 64 -- "$WORK/sha256")
  if [[ $REPLY == "$BUILD_SHA256" ]]; then return 0; fi
  size=$(stat -c %s -- "$ARCHIVE")
  rm -f -- "$ARCHIVE"
  die "the archive of build $BUILD is not the one that was published: its SHA-256 begins ${REPLY:0:12} ($size bytes), and ${BUILD_SHA256:0:12} was expected"
}

# What a crash of an earlier run has left.
remove_leftovers() {
  rm -rf -- "$APP_FOLDER"/builds/.fetch-* "$APP_FOLDER"/builds/.new-* "$APP_FOLDER"/builds/.old-* \
    "$APP_FOLDER"/.current-* || say "what an earlier run left in $APP_FOLDER can't be removed"
}

unpack_build() {
  if [[ ! -d $BUILD_DIR ]]; then
    unpack_archive
  else
    say "build $BUILD is on this machine already"
  fi
  touch -- "$BUILD_DIR"
  # A rename replaces the old link at once: nobody finds none.
  ln -sfn -- "builds/${BUILD_DIR##*/}" "$APP_FOLDER/.current-new" || die "can't make a link in $APP_FOLDER"
  mv -T -- "$APP_FOLDER/.current-new" "$APP_FOLDER/current" || die "can't switch $APP_FOLDER/current"
  sync -f -- "$APP_FOLDER" || true
  prune_builds
  say "${SETTINGS[app]} $BUILD${BUILD_COMMIT:+ (commit $BUILD_COMMIT)} is current"
}

unpack_archive() {
  local program=gzip fresh=$APP_FOLDER/builds/.new-${BUILD_DIR##*/} log=$WORK/unpack.log
  if [[ $ARCHIVE == *.zst ]]; then program=zstd; fi
  # Not below /var/log yet: where the disk is full, nothing could be written there about it.
  (umask 027 && : >"$log") || die "can't write $log"
  STEP_LOG=$log LOGS+=("$log")
  start_child tar --list --verbose --quoting-style=escape --numeric-owner --use-compress-program="$program" --file="$ARCHIVE" \
    >"$WORK/members" 2>>"$log"
  follow_child || give_up "the archive of build $BUILD can't be read"
  check_members "$WORK/members"
  (umask 022 && mkdir -- "$fresh") 2>>"$log" || give_up "build $BUILD can't be unpacked"
  start_child extract "$program" "$fresh" >>"$log" 2>&1
  follow_child || give_up "build $BUILD can't be unpacked"
  check_tree "$fresh"
  # A build is for everybody to read and for nobody to change.
  find "$fresh" ! -type l -exec chmod u-s,g-s,-t,go-w,a+rX {} + >>"$log" 2>&1 || give_up "build $BUILD can't be given its rights"
  sync -f -- "$fresh" || true
  mv -T -- "$fresh" "$BUILD_DIR" || give_up "can't put build $BUILD in its place"
  rm -f -- "$ARCHIVE"
  STEP_LOG=''
}

# Tar itself: extract PROGRAM FOLDER.
extract() {
  umask 022
  tar --extract --no-same-owner --no-same-permissions --delay-directory-restore --use-compress-program="$1" \
    --directory="$2" --file="$ARCHIVE"
}

# Ends the run for the reason $1, or because the disk is full; what was unpacked so far goes.
give_up() {
  local reason=$1 log=$ROOT/var/log/rolecall/unpack.log
  # Tar's own word for it is that it wrote only a part.
  if grep -q -e 'No space left on device' -e 'Wrote only' -- "$STEP_LOG" 2>/dev/null; then
    remove_leftovers
    free_kb "$APP_FOLDER"
    no_room "build $BUILD" "$REPLY"
    reason=$REPLY
  fi
  remove_leftovers
  # Now there is room for it.
  if rotate_log "$log" 2>/dev/null && mv -f -- "$STEP_LOG" "$log" 2>/dev/null; then STEP_LOG=$log; fi
  die "$reason"
}

# Looks at the names and kinds of an archive's members, as tar lists them in the file $1, before anything is written.
check_members() {
  local line name pattern='^([^ ]+) +[^ ]+ +[0-9,]+ +[^ ]+ +[^ ]+ (.*)$'
  while IFS= read -r line; do
    if [[ ! $line =~ $pattern ]]; then give_up "the archive of build $BUILD has a member that can't be understood"; fi
    name=${BASH_REMATCH[2]}
    case ${BASH_REMATCH[1]:0:1} in
    - | d) ;;
    l) name=${name%% -> *} ;;
    h) name=${name%% link to *} ;;
    *) give_up "the archive of build $BUILD holds a device or the like, which no build may: $name" ;;
    esac
    if [[ $name == /* ]]; then give_up "the archive of build $BUILD holds an absolute path: $name"; fi
    if [[ $name =~ (^|/)\.\.(/|$) ]]; then give_up "the archive of build $BUILD holds a path that leaves it: $name"; fi
  done <"$1"
}

# Looks at what was unpacked in the folder $1: nothing but files, folders, and links that stay inside.
check_tree() {
  local link target odd root
  odd=$(find "$1" ! -type f ! -type d ! -type l -print -quit)
  if [[ -n $odd ]]; then give_up "the archive of build $BUILD holds a device or the like, which no build may: ${odd#"$1/"}"; fi
  root=$(readlink -f -- "$1")
  while IFS= read -r -d '' link; do
    target=$(readlink -- "$link")
    if [[ $target == /* || $(readlink -m -- "$link")/ != "$root"/* ]]; then
      give_up "the archive of build $BUILD holds a link that leaves it: ${link#"$1/"} -> $target"
    fi
  done < <(find "$1" -type l -print0)
}

# Keeps the newest builds, among them the current one.
prune_builds() {
  local keep=${SETTINGS[keep]:-3} number=0 name
  while IFS= read -r -d '' name; do
    name=${name#* }
    number=$((number + 1))
    if ((number <= keep)) || [[ $name == "${BUILD_DIR##*/}" ]]; then continue; fi
    # Out of the way at once: what is only half removed must never pass for a build.
    { mv -T -- "$APP_FOLDER/builds/$name" "$APP_FOLDER/builds/.old-$name" && rm -rf -- "$APP_FOLDER/builds/.old-$name"; } ||
      say "the old build $name can't be removed"
  done < <(find "$APP_FOLDER/builds" -mindepth 1 -maxdepth 1 -type d ! -name '.*' -printf '%T@ %f\0' | sort -zrn)
}

# Brings the build that is meant for this machine, whose init/ comes before the AMI's. Whatever fails, the build that was
# current before stays so.
deploy() {
  run_step deploy.pointer find_build
  if is_current; then return 0; fi
  if [[ ! -d $BUILD_DIR ]]; then
    run_step deploy.fetch fetch_build
    run_step deploy.verify verify_build
  fi
  run_step deploy.unpack unpack_build
}
