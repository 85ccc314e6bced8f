# The metadata service.
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html

METADATA_URL=http://169.254.169.254
# Another metadata service is believed only under another root, which no machine has.
if [[ -n $ROOT ]]; then METADATA_URL=${ROLECALL_METADATA:-$METADATA_URL}; fi
# Seconds between two tries: the network may come up late.
METADATA_WAITS=(0.2 0.4 0.8 1.6 3.2 5 5 5 5 5)

# One request: ask METHOD PATH HEADER [CURL OPTION...]. Sets HTTP_STATUS (000: no whole answer), HTTP_BODY, HTTP_REQUEST,
# HTTP_ERROR. The header goes through a pipe since it holds the token; no proxy and no .curlrc may come between.
ask() {
  local - status=0
  set +x
  HTTP_REQUEST="$1 $2" HTTP_ERROR=''
  HTTP_BODY=$(printf '%s\n' "$3" | curl -q --silent --show-error --noproxy '*' --connect-timeout 2 --max-time 10 \
    --max-filesize 1048576 --request "$1" --header @- --write-out '\n%{http_code}' "${@:4}" "$METADATA_URL$2" 2>&1) || status=$?
  HTTP_STATUS=${HTTP_BODY##*$'\n'}
  if ((status != 0)); then
    HTTP_STATUS=000 HTTP_ERROR=curl:${HTTP_BODY##*curl:}
    HTTP_ERROR=${HTTP_ERROR%%$'\n'*}
  fi
  HTTP_BODY=${HTTP_BODY%$'\n'*}
}

# get_metadata PATH [CURL OPTION...]: asks until there is a whole answer, a final refusal, or no time left. 0 only for
# 200. The session token is good for five minutes, far longer than this takes.
get_metadata() {
  local - wait
  set +x
  for wait in "${METADATA_WAITS[@]}" ''; do
    if [[ -z $TOKEN ]]; then
      ask PUT /latest/api/token 'X-aws-ec2-metadata-token-ttl-seconds: 300'
      if [[ $HTTP_STATUS == 200 && $HTTP_BODY =~ ^[[:graph:]]+$ ]]; then
        TOKEN=$HTTP_BODY
      elif [[ $HTTP_STATUS == 200 ]]; then
        HTTP_STATUS=000 HTTP_ERROR='the token is empty or has spaces in it'
      fi
    fi
    if [[ -n $TOKEN ]]; then ask GET "$1" "X-aws-ec2-metadata-token: $TOKEN" "${@:2}"; fi
    case $HTTP_STATUS in
    200) return 0 ;;
    401) TOKEN='' ;; # expired, or the clock jumped: ask for a new one
    408 | 429) ;;
    4??) return 1 ;;
    esac
    if [[ -n $wait ]]; then pause "$wait"; fi
  done
  return 1
}

# Sets REPLY to the sentence for a request that failed.
metadata_problem() {
  local service="the metadata service at ${METADATA_URL#http://}"
  case "$HTTP_STATUS $HTTP_REQUEST" in
  000*) REPLY="no answer from $service to $HTTP_REQUEST: ${HTTP_ERROR:-no reason given}" ;;
  404*user-data) REPLY="this machine has no user data: launch it with rolecall, or give it environment=, role=, context= lines" ;;
  403*) REPLY="$service refuses $HTTP_REQUEST (403): it is switched off for this machine (HttpEndpoint), or a proxy stands between" ;;
  401*) REPLY="$service keeps refusing our token for $HTTP_REQUEST (401)" ;;
  *) REPLY="$service answers $HTTP_STATUS to $HTTP_REQUEST" ;;
  esac
}

# Sets INSTANCE_ID, which the MAC of every marker covers.
learn_instance() {
  if ! get_metadata /latest/meta-data/instance-id; then
    metadata_problem
    die "$REPLY"
  fi
  INSTANCE_ID=$HTTP_BODY
  if [[ ! $INSTANCE_ID =~ $PATH_NAME ]]; then
    INSTANCE_ID=''
    die 'the metadata service gives an instance id that is none'
  fi
}
