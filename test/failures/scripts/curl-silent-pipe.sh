#!/bin/bash
set -eo pipefail
echo "Installing the agent"
curl -s http://127.0.0.1:9/install.sh | bash
echo "Agent installed"
