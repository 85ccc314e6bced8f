#!/bin/bash
set -eo pipefail
export GNUPGHOME=/tmp/gnupg
mkdir -p -m 700 $GNUPGHOME
echo "<html>503 Service Unavailable</html>" | gpg --dearmor -o /tmp/shop.gpg
install -m 644 /tmp/shop.gpg /usr/share/keyrings/shop.gpg
