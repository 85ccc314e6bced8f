#!/bin/bash
set -euo pipefail
set -x
work=$(mktemp -d)
cat > "$work/sshd_config" <<'CONF'
Port 22
#PermitRootLogin prohibit-password
PasswordAuthentication yes
Subsystem sftp /usr/lib/openssh/sftp-server
CONF
sed -i 's/^#\?PermitRootLogin.*/PermitRootLogin no/' "$work/sshd_config"
sed -i 's/^PasswordAuthentication.*/PasswordAuthentication no/' "$work/sshd_config"
BANNER=/etc/issue.net
sed -i "s/^#\?Banner.*/Banner $BANNER/" "$work/sshd_config"
echo 'AllowGroups ssh-users' >> "$work/sshd_config"
cmp -s "$work/sshd_config" /etc/ssh/sshd_config || cp "$work/sshd_config" /etc/ssh/sshd_config
systemctl reload ssh
