#!/bin/bash
set -euo pipefail
# systemctl is played: no systemd in here
systemctl() {
  case "$*" in
    daemon-reload) return 0 ;;
    "enable metrics.service")
      echo "Created symlink /etc/systemd/system/multi-user.target.wants/metrics.service → /etc/systemd/system/metrics.service." >&2 ;;
    "start metrics.service")
      echo 'Job for metrics.service failed because the control process exited with error code.' >&2
      echo 'See "systemctl status metrics.service" and "journalctl -xeu metrics.service" for details.' >&2
      return 1 ;;
    "status --no-pager metrics.service")
      cat <<'OUT'
× metrics.service - Metrics collector
     Loaded: loaded (/etc/systemd/system/metrics.service; enabled; preset: enabled)
     Active: failed (Result: exit-code) since Tue 2024-03-12 09:14:02 UTC; 11ms ago
    Process: 4127 ExecStart=/usr/local/bin/metricsd --config /etc/metrics.toml (code=exited, status=217/USER)
   Main PID: 4127 (code=exited, status=217/USER)
        CPU: 3ms

Mar 12 09:14:02 web1 systemd[1]: Starting metrics.service - Metrics collector...
Mar 12 09:14:02 web1 systemd[4127]: metrics.service: Failed to determine user credentials: No such process
Mar 12 09:14:02 web1 systemd[4127]: metrics.service: Failed at step USER spawning /usr/local/bin/metricsd: No such process
Mar 12 09:14:02 web1 systemd[1]: metrics.service: Main process exited, code=exited, status=217/USER
Mar 12 09:14:02 web1 systemd[1]: metrics.service: Failed with result 'exit-code'.
Mar 12 09:14:02 web1 systemd[1]: Failed to start metrics.service - Metrics collector.
OUT
      return 3 ;;
  esac
}

echo "installing unit"
systemctl daemon-reload
systemctl enable metrics.service
if ! systemctl start metrics.service; then
  systemctl status --no-pager metrics.service || true
  echo "metrics.service did not start" >&2
  exit 1
fi
echo "metrics.service runs"
