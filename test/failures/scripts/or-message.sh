#!/bin/sh
mkdir -p /opt/spool
touch /opt/spool/job-1
rmdir /opt/spool || { echo "Spool directory could not be replaced. Aborting."; exit 1; }
