#!/bin/bash
set -e
cat > /tmp/worker.sh <<'SH'
#!/bin/bash
echo "worker: loading 14 GB of prices"
kill -9 $$
SH
chmod +x /tmp/worker.sh
echo "warming the cache up"
/tmp/worker.sh
