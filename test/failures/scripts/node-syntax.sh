#!/bin/bash
set -e
cat > /tmp/app.js <<'JS'
function start() {
  return [1, 2;
}
start();
JS
sed -i 's/2;/2]; }/' /tmp/app.js
node /tmp/app.js
