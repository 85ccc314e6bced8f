#!/bin/bash
mysql() { echo "ERROR 2002 (HY000): Can't connect to local MySQL server through socket '/var/run/mysqld/mysqld.sock' (2)" >&2; return 1; }
i=0
until mysql -e 'select 1' shop; do
  i=$(( i + 1 ))
  [ "$i" -lt 6 ] || { echo "database is not available" >&2; exit 1; }
  sleep 0.05
done
