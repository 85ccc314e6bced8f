#!/bin/bash
# nginx: stand-in
nginx() {
    local t; t=$(date '+%Y/%m/%d %H:%M:%S')
    echo "$t [warn] $((BASHPID+7))#0: conflicting server name \"example.org\" on 0.0.0.0:80, ignored" >&2
    echo "$t [emerg] $((BASHPID+7))#0: cannot load certificate \"/etc/letsencrypt/live/example.org/fullchain.pem\": BIO_new_file() failed (SSL: error:80000002:system library::No such file or directory:calling fopen(/etc/letsencrypt/live/example.org/fullchain.pem, r) error:10000080:BIO routines::no such file)" >&2
    echo "nginx: configuration file /etc/nginx/nginx.conf test failed" >&2
    return 1
}
GREEN=$'\e[32m'; RED=$'\e[31m'; OFF=$'\e[0m'
ok()  { echo "${GREEN}[ OK ]${OFF} $*"; }
die() { echo "${RED}[FAIL]${OFF} $*" >&2; exit 1; }

ok "vhost written"
ok "symlink in sites-enabled"
nginx -t || die "nginx does not like the configuration"
ok "nginx reloaded"
