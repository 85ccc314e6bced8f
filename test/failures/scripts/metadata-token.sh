#!/usr/bin/env bash
set -euo pipefail
# Cloud metadata first, everything else depends on it
MD=http://127.0.0.1:9/latest
echo "Instance bootstrap $(date -u +%FT%TZ)"
TOKEN=$(curl -s --max-time 2 -X PUT "$MD/api/token" -H "X-aws-ec2-metadata-token-ttl-seconds: 60")
ID=$(curl -s --max-time 2 -H "X-aws-ec2-metadata-token: $TOKEN" "$MD/meta-data/instance-id")
echo "I am $ID"
hostnamectl set-hostname "$ID"
