#!/bin/bash
set -e
uid=$(id -u rabbitmq-shop)
echo "rabbitmq runs as $uid"
chown "$uid" /var/lib
