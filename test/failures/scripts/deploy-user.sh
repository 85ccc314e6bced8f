#!/bin/bash
set -e
U=deploy-svc
G=releasers
echo "Creating $U..."
if id $U; then
  echo "user $U exists already, nothing to do"
else
  useradd --system --create-home --shell /bin/bash --groups $G --comment "Deployment" $U
fi
install -d -m 700 -o $U -g $U /home/$U/.ssh
echo "User $U is ready"
