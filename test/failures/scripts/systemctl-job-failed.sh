#!/bin/bash
systemctl() {
  case $1 in
    restart)
      echo "Job for nginx.service failed because the control process exited with error code." >&2
      echo "See \"systemctl status nginx.service\" and \"journalctl -xeu nginx.service\" for details." >&2
      return 1 ;;
    status)
      cat <<EOF
× nginx.service - A high performance web server and a reverse proxy server
     Loaded: loaded (/lib/systemd/system/nginx.service; enabled; preset: enabled)
     Active: failed (Result: exit-code) since $(date -u '+%a %F %T UTC'); 12ms ago
   Duration: 3min 2.114s
       Docs: man:nginx(8)
    Process: $RANDOM ExecStartPre=/usr/sbin/nginx -t -q -g daemon on; master_process on; (code=exited, status=1/FAILURE)
        CPU: 21ms

$(date '+%b %d %T') ip-10-0-0-1 systemd[1]: Starting nginx.service - A high performance web server and a reverse proxy server...
$(date '+%b %d %T') ip-10-0-0-1 nginx[$RANDOM]: nginx: [emerg] host not found in upstream "app-backend" in /etc/nginx/conf.d/shop.conf:2
$(date '+%b %d %T') ip-10-0-0-1 nginx[$RANDOM]: nginx: configuration file /etc/nginx/nginx.conf test failed
$(date '+%b %d %T') ip-10-0-0-1 systemd[1]: nginx.service: Control process exited, code=exited, status=1/FAILURE
$(date '+%b %d %T') ip-10-0-0-1 systemd[1]: nginx.service: Failed with result 'exit-code'.
$(date '+%b %d %T') ip-10-0-0-1 systemd[1]: Failed to start nginx.service - A high performance web server and a reverse proxy server.
EOF
      return 3 ;;
  esac
}
if ! systemctl restart nginx; then
  systemctl status nginx --no-pager
  exit 1
fi
