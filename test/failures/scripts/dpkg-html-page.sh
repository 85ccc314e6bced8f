#!/bin/bash
# The mirror answers with its login page and a 200 when the token has expired.
set -eu
deb=/tmp/agent_1.14.2_amd64.deb
cat > "$deb" <<'HTML'
<!DOCTYPE html><html><head><title>Sign in</title></head><body>Sign in to continue</body></html>
HTML
echo "downloaded $(stat -c %s "$deb") bytes"
dpkg -i "$deb"
systemctl enable agent
