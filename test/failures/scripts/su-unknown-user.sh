#!/bin/sh
# old school
su postgres-shop -c "createdb shop" || exit 1
