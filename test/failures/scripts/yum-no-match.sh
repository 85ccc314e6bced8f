#!/bin/bash
yum() {
  echo "Last metadata expiration check: 0:12:41 ago on Mon 03 Mar 2025 09:12:01 AM UTC."
  echo "No match for argument: httpd24"
  echo "Error: Unable to find a match: httpd24" >&2
  return 1
}
die() { exit 1; }
yum -y install httpd24 || die
service httpd start
