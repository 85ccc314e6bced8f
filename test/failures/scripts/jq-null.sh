#!/bin/bash
set -euo pipefail
echo '{"Reservations": null}' | jq -r '.Reservations[].Instances[].InstanceId'
