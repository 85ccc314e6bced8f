#!/bin/bash
echo "stopping whatever runs with our name"
kill -TERM $$
sleep 5
