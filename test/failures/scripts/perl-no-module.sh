#!/bin/bash
set -e
mkdir -p /opt/perl
cat > /opt/perl/run.pl <<'PL'
use strict;
use warnings;
use Shop::Deploy;
Shop::Deploy->new->run;
PL
perl -I/opt/perl/lib /opt/perl/run.pl
