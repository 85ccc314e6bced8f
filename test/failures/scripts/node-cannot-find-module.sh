#!/bin/bash
set -e
mkdir -p /opt/web && cd /opt/web
cat > server.js <<'JS'
const config = { port: 80 };
const express = require('express');
express().listen(config.port);
JS
node server.js
