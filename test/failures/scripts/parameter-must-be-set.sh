#!/bin/bash
# joins the cluster
: "${SHOP_PORT:=8080}"
: "${SHOP_TOKEN:?the token is needed to join the cluster}"
echo joining on $SHOP_PORT
