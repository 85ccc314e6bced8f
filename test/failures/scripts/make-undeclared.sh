#!/bin/bash
set -e
export LC_ALL=C
mkdir -p /usr/src/shop && cd /usr/src/shop
printf 'int main(void) { return shop; }\n' > shop.c
printf 'all: shop\n\nshop: shop.c\n\tgcc -O2 -o shop shop.c\n' > Makefile
make -C /usr/src/shop all
make install
