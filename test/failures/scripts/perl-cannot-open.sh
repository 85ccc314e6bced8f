#!/usr/bin/perl -w
use strict;

my %conf;
print "reading the configuration\n";
open(my $fh, '<', '/etc/shop/db.conf') or die "cannot read /etc/shop/db.conf: $!";
while (<$fh>) {
    chomp;
    my ($k, $v) = split /=/, $_, 2;
    $conf{$k} = $v;
}
close $fh;
