#!/usr/bin/env bash
set -euo pipefail
facts() {
  cat <<'JSON'
{
  "host": "web1",
  "interfaces": [
    {"name": "eth0", "addr": "10.0.0.5"},
    {"name": "eth1", "addr": null}
  ],
  "disks": null
}
JSON
}
echo "host:  $(facts | jq -r .host)"
facts | jq -r '.interfaces[] | "\(.name) \(.addr // "-")"' | column -t 2>/dev/null || facts | jq -r '.interfaces[].name'
echo "disks:"
facts | jq -r '.disks[] | .name' | sort | while read -r d; do
  echo "  $d"
done
echo "facts complete"
