#!/bin/bash
red=$'\e[1;31m' green=$'\e[0;32m' yellow=$'\e[33m' off=$'\e[0m'
ok()   { printf '%s✓%s %s\n' "$green" "$off" "$1"; }
note() { printf '%s!%s %s\n' "$yellow" "$off" "$1"; }
bad()  { printf '%s✗%s %s\n' "$red" "$off" "$1"; exit 1; }
ok "curl is there"
ok "0 errors in the configuration"
note "no swap: builds may fail"
bad "node 12 or newer is needed, this is node 10.24.1"
