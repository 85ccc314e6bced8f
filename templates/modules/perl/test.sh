#!/bin/bash
# A server that is written in Perl answers, and the modules that were asked for do load.
set -euo pipefail
# shellcheck source=SCRIPTDIR/../../module-lib.sh
source "$ROLECALL_LIB"

folder=$(mktemp -d)
trap 'kill "$server" 2>/dev/null || true; rm -rf -- "$folder"' EXIT
cat >"$folder/server.pl" <<'END'
use strict;
use warnings;
use IO::Socket::INET;
$| = 1;
my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1) or die "no socket: $!";
print $socket->sockport, "\n";
my $client = $socket->accept;
my $line = <$client>;
print $client scalar reverse $line =~ s/\s+\z//r;
END
perl "$folder/server.pl" >"$folder/port" &
server=$!
wait_for 10 test -s "$folder/port" || fail 'the server does not start'
[[ $(echo sesame | talk 127.0.0.1 "$(<"$folder/port")" 5) == emases ]] || fail 'the server answers wrongly'
for module in ${perl_modules:-}; do perl -e "require $module" || fail "$module doesn't load"; done
say 'a server that perl runs answers'
