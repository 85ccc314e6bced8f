#!/bin/bash
set -ex
aws() { sleep 0.1; echo "fatal error: An error occurred (404) when calling the HeadObject operation: Key \"prod/app.conf\" does not exist" >&2; return 1; }
aws s3 cp s3://shop-config/prod/app.conf /etc/app.conf
chmod 600 /etc/app.conf
