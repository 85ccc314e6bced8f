#!/bin/bash
set -eu
echo "looking the database up"
getent hosts db-primary.shop.invalid
echo "found"
