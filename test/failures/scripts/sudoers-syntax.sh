#!/bin/bash
set -e
cat > /etc/sudoers.d/deploy <<'EOF'
Defaults:deploy !requiretty
deploy ALL=(ALL NOPASSWD /usr/bin/systemctl
EOF
chmod 440 /etc/sudoers.d/deploy
visudo -cf /etc/sudoers.d/deploy
