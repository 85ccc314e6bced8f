#!/bin/bash
set -e
echo "registering $role with consul"
curl -fsS -X PUT -d '{"Name": "shop"}' http://127.0.0.1:8501/v1/agent/service/register
echo registered
