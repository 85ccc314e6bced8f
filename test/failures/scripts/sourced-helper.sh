#!/usr/bin/env bash
set -e
echo "generating the profile"
prof=$(mktemp /tmp/profile.XXXXXX)
trap 'rm -f $prof' EXIT
{
  echo 'REGION=eu-central-1'
  echo 'ROLE=worker'
  echo 'MOTD="Welcome to the cluster'
  echo 'NODES=(a b c)'
} > $prof
echo "loading $prof"
source $prof
echo "role is $ROLE in $REGION"
