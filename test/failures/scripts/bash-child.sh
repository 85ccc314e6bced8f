#!/bin/bash
set -e
mkdir -p /opt/shop/bin
cat > /opt/shop/bin/migrate <<'SH'
#!/bin/bash
echo "migrate: 41 is applied already"
echo "migrate: table orders is locked by another session" >&2
exit 4
SH
chmod +x /opt/shop/bin/migrate
bash /opt/shop/bin/migrate --to 42
echo "migrated"
