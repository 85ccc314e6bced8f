#!/usr/bin/perl
use strict;
use warnings;
use File::Temp qw(tempdir);
use File::Copy qw(move);

$| = 1;
my $dir = tempdir(CLEANUP => 1);
my %age;
for my $h (qw(web1 web2 db1)) {
    open my $fh, '>', "$dir/$h.key" or die "cannot write $h.key: $!";
    print $fh "key of $h\n";
    close $fh;
    my $note = "rotating " . $h . " (age " . $age{$h} . ")";
    print "$note\n";
}
for my $h (qw(web1 web2 db1)) {
    open my $in, '<', "$dir/archive/$h.key" or do { warn "no archived key of $h\n"; next };
}
rename "$dir/web1.key", "$dir/retired/web1.key"
    or die "could not retire web1.key: $!";
print "done\n";
