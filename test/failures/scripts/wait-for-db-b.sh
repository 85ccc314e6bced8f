#!/bin/bash
# Make the role and the database of the app
export PGPASSWORD=hunter2 PGCONNECT_TIMEOUT=2
TRIES=3
n=1
until psql -h 127.0.0.1 -p 9 -U postgres -c 'select 1'; do
    echo "$(date '+%F %T.%N') attempt $n of $TRIES failed, database not ready"
    if [ $n -ge $TRIES ]; then
        echo "database did not come up"
        exit 1
    fi
    n=$((n+1))
    sleep 0.1
done
psql -h 127.0.0.1 -p 9 -U postgres -c "create role app login"
