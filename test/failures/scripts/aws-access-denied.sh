#!/bin/bash
set -ex
aws() { sleep 0.1; echo "fatal error: An error occurred (403) when calling the HeadObject operation: Forbidden" >&2; return 1; }
aws s3 cp s3://shop-config/prod/app.conf /etc/app.conf
chmod 600 /etc/app.conf
