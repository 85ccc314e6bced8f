#!/bin/bash
set -e
hour=08
echo "time slot"
let "slot = $hour / 4"
echo "slot $slot"
