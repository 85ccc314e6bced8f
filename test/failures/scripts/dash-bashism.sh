#!/bin/sh
hosts=(a b c)
for h in "${hosts[@]}"; do echo "$h"; done
