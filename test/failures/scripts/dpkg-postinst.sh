#!/bin/bash
set -o errexit
set -o nounset

root=$(mktemp -d)
mkdir -p "$root/DEBIAN"
printf '%s\n' 'Package: licd' 'Version: 9' 'Architecture: all' 'Maintainer: x <x@example.com>' 'Description: x' > "$root/DEBIAN/control"
cat > "$root/DEBIAN/postinst" <<'SH'
#!/bin/sh
echo "Setting the license server up ..."
echo "licd: cannot reach license server 10.0.0.7:27000" >&2
exit 3
SH
chmod 755 "$root/DEBIAN/postinst"
dpkg-deb -b "$root" /tmp/licd.deb >/dev/null
dpkg --install /tmp/licd.deb
