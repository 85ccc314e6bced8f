#!/bin/bash
# from the wiki
cd /tmp
tar xzf /tmp/memcached-1.6.21.tar.gz
cd /tmp/memcached-1.6.21
./configure --prefix=/usr/local && make && make install
