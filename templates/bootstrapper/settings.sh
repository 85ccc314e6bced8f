# What this machine deploys, by user data and the AMI.

# Sets REPLY to what is wrong with the value $2 of the setting $1, or to nothing.
setting_problem() {
  local -
  set +x
  local pattern='' expected=''
  REPLY=''
  case $1 in
  app | build)
    pattern=$PATH_NAME
    expected='a name of 1 to 64 of A-Z a-z 0-9 . _ - that begins with a letter or digit'
    ;;
  bucket)
    pattern='^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$'
    expected='the name of an S3 bucket'
    ;;
  prefix)
    pattern='^([A-Za-z0-9_.-]{1,100}/){1,10}$'
    # A client of HTTP may resolve these.
    if [[ /$2 =~ /\.\.?/ ]]; then pattern='^$'; fi
    expected='a key prefix that ends in a slash, without . and .. between slashes'
    ;;
  region)
    pattern='^[a-z]{2,6}(-[a-z]+)+-[0-9]{1,2}$'
    expected='an AWS region'
    ;;
  fetch)
    pattern='^(presigned|profile|public)$'
    expected='presigned, profile or public'
    ;;
  keep)
    pattern='^([1-9][0-9]?|100)$'
    expected='a number from 1 to 100'
    ;;
  s3_url)
    pattern='^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._/-]*)?$'
    expected='the URL of an S3 endpoint'
    ;;
  build_sha256)
    pattern=$SHA256_VALUE
    expected='64 hex digits'
    ;;
  build_archive)
    pattern='^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\.tar\.(gz|zst)$'
    expected='the name of a .tar.gz or .tar.zst'
    ;;
  build_url)
    pattern='^https?://[^/]+/.'
    expected='a URL'
    ;;
  *)
    REPLY='is no setting: app, bucket, prefix, region, fetch, keep and s3_url are'
    return 0
    ;;
  esac
  if [[ ! $2 =~ $pattern ]]; then REPLY="must be $expected"; fi
}

# Fills SETTINGS: what user data says as rolecall_..., else what the AMI's bootstrapper.conf says; and FAULTS.
read_settings() {
  local - file=$ROOT/etc/rolecall/bootstrapper.conf key
  set +x
  if [[ -e $file || -L $file ]]; then
    if [[ ! -f $file || ! -r $file ]]; then
      FAULTS+=("$file is there, but is not a file that can be read")
      return 0
    fi
    read_conf "$file"
  fi
  for key in app bucket prefix region fetch keep s3_url build build_sha256 build_archive build_url; do
    if [[ -z ${PERSONALITY[rolecall_$key]:-} ]]; then continue; fi
    SETTINGS[$key]=${PERSONALITY[rolecall_$key]}
    setting_problem "$key" "${SETTINGS[$key]}"
    if [[ -n $REPLY ]]; then FAULTS+=("user data: the value of rolecall_$key $REPLY"); fi
  done
  if [[ -n ${SETTINGS[app]:-} && -z ${SETTINGS[bucket]:-} ]]; then
    FAULTS+=("the app ${SETTINGS[app]} is to be deployed, but neither user data nor $file names a bucket")
  fi
  if [[ -n ${SETTINGS[build]:-} && -z ${SETTINGS[app]:-} ]]; then
    FAULTS+=("user data pins a build, but neither user data nor $file names its app")
  fi
  if [[ -n ${SETTINGS[build]:-} && -z ${SETTINGS[build_sha256]:-} ]]; then
    FAULTS+=('user data: rolecall_build without rolecall_build_sha256')
  fi
}

# Reads key=value lines, never evaluated, from the file $1.
read_conf() {
  local - line number=0 key value
  set +x
  while IFS= read -r line || [[ -n $line ]]; do
    number=$((number + 1))
    line=${line%$'\r'}
    if [[ $line =~ ^[[:blank:]]*(#.*)?$ ]]; then continue; fi
    key=${line%%=*} value=${line#*=}
    if [[ $line != *=* ]]; then
      FAULTS+=("$1, line $number: expected key=value")
    elif [[ ! $key =~ $KEY ]]; then
      FAULTS+=("$1, line $number: a key is a lower-case letter, then lower-case letters, digits and _")
    elif [[ -n ${SETTINGS[$key]:-} ]]; then
      FAULTS+=("$1, line $number: $key is given again")
    elif [[ $key == build* ]]; then
      FAULTS+=("$1, line $number: a build is named by a pointer, or pinned in user data")
    else
      setting_problem "$key" "$value"
      if [[ -n $REPLY ]]; then FAULTS+=("$1, line $number: $key $REPLY"); fi
      SETTINGS[$key]=$value
    fi
  done <"$1"
}

deploys() {
  [[ -n ${SETTINGS[app]:-} ]]
}

app_folder() {
  REPLY=$ROOT/opt/rolecall/${SETTINGS[app]}
}
