#!/usr/bin/env bash
set -u
RED='\033[1;31m'; YEL='\033[1;33m'; NC='\033[0m'
say()  { echo -e "  -> $1"; }
warn() { echo -e "${YEL}  !! $1${NC}"; }
die()  { echo -e "${RED}ERROR: $1${NC}" 1>&2; exit "${2:-1}"; }

say "Preflight"
[ "$(id -u)" -eq 0 ] || die "must run as root"
say "root: yes"
id appuser >/dev/null 2>&1 && warn "appuser is already there" || say "appuser will be made"
[ -f /etc/debian_version ] || die "Debian only"
say "Debian $(cat /etc/debian_version)"
mem=$(awk '/MemTotal/ {print int($2/1024)}' /proc/meminfo)
[ "$mem" -ge 64 ] || warn "little memory"
free_mb=$(df -Pm /tmp | awk 'NR==2 {print $4}')
[ "$free_mb" -ge 10 ] || die "not enough room in /tmp"
for t in curl tar gzip; do
    command -v "$t" >/dev/null || die "missing tool: $t"
    say "tool $t: found"
done
[ -s /etc/app/license.key ] || die "no license key at /etc/app/license.key, ask sales for one" 4
say "all good"
