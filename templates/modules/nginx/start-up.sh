#!/bin/bash
# nginx for the pages of one folder. Its nginx.conf is replaced as a whole: what else listens is in conf.d.
# shellcheck disable=SC2154 # the variables are those of module.yaml
set -euo pipefail
# shellcheck source=SCRIPTDIR/../../module-lib.sh
source "$ROLECALL_LIB"

readonly HEALTH=/.rolecall-health
address nginx_address
readonly HOST=$REPLY
whole nginx_port 1 65535
matches nginx_root '/[A-Za-z0-9._/-]+' 'an absolute path of letters, digits and . _ / -'

configure() {
  local user=nginx
  if platform debian; then user=www-data; fi
  write_file /etc/nginx/nginx.conf 644 <<END
# Written by rolecall's module nginx. More servers: /etc/nginx/conf.d/NAME.conf
user $user;
worker_processes auto;
pid /run/nginx.pid;
error_log /var/log/nginx/error.log;
# Where Debian and Amazon Linux keep what loads modules.
include /etc/nginx/modules-enabled/*.conf;
include /usr/share/nginx/modules/*.conf;
events {}
http {
  include mime.types;
  default_type application/octet-stream;
  access_log /var/log/nginx/access.log;
  sendfile on;
  server_tokens off;
  server {
    listen $nginx_address:$nginx_port default_server;
    root $nginx_root;
    location = $HEALTH {
      access_log off;
      default_type text/plain;
      return 200 "$ROLECALL_MODULE of $role\n";
    }
  }
  include /etc/nginx/conf.d/*.conf;
}
END
}

write_page() {
  local index=$nginx_root/index.html
  if [[ -z ${nginx_page+set} && -e $index ]]; then return 0; fi
  printf '%s\n' "${nginx_page-<!doctype html><title>$role</title><h1>$role in $environment $context</h1>}" >"$index.new"
  chmod 644 "$index.new"
  mv -fT -- "$index.new" "$index"
}

run_alone() {
  if listening "$HOST" "$nginx_port"; then nginx -s reload; else nginx; fi
}

# Whether our own configuration is what answers.
answers() {
  local reply
  reply=$(printf 'GET %s HTTP/1.0\r\n\r\n' "$HEALTH" | talk "$HOST" "$nginx_port" 2) || return 1
  [[ $reply == 'HTTP/1.'?' 200 '*"$ROLECALL_MODULE of $role" ]]
}

install_packages --apt nginx --dnf nginx
mkdir -p -- "$nginx_root"
write_page
configure
nginx -t -q || fail 'nginx refuses its configuration: the lines above say why; is there something of another hand in /etc/nginx/conf.d?'
start_service nginx run_alone
wait_for 10 answers || fail "nginx doesn't answer on $HOST:$nginx_port: is the port taken? Look in /var/log/nginx/error.log"
say "nginx answers on $nginx_address:$nginx_port, with the pages of $nginx_root"
