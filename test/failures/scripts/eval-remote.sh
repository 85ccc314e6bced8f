#!/bin/bash
# joins the cluster; the member list comes with the request id of each try
join() {
  local id
  id=$(cat /proc/sys/kernel/random/uuid)
  echo "join request $id sent from 10.0.0.$((RANDOM % 250 + 2)):$((RANDOM % 20000 + 30000))" >&2
  echo "join request $id refused: cluster is full: 5 of 5 members" >&2
  return 1
}
join || exit 1
