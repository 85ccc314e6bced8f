#!/bin/bash
set -e
UID=33
chown $UID /srv
