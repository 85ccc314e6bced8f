#!/usr/bin/perl
# Serves the files of a folder over HTTP, with nothing but perl-base: static-server.pl PORT FOLDER PIDFILE.
# Puts itself in the background once it listens. GET and HEAD only; one process a connection, one request a connection.
use strict;
use warnings;
use IO::Socket::INET;
use POSIX qw(setsid);

my ($port, $folder, $pid_file) = @ARGV;
die "usage: static-server.pl PORT FOLDER PIDFILE\n" unless defined $pid_file;
my %type = (html => 'text/html; charset=utf-8', css => 'text/css', js => 'text/javascript', json => 'application/json',
  txt => 'text/plain; charset=utf-8', svg => 'image/svg+xml', png => 'image/png');

my $listener = IO::Socket::INET->new(LocalPort => $port, Listen => 128, ReuseAddr => 1)
  or die "static-server: can't listen on port $port: $@\n";
daemonize();
$SIG{CHLD} = 'IGNORE';
$SIG{TERM} = sub { exit 0 };
while (1) {
  my $client = $listener->accept or next;
  my $child = fork;
  warn "static-server: fork: $!\n" unless defined $child;
  if (defined $child && $child == 0) {
    close $listener;
    alarm 10; # a client that says nothing
    serve($client);
    exit 0;
  }
  close $client;
}

sub daemonize {
  my $child = fork // die "static-server: fork: $!\n";
  exit 0 if $child;
  setsid();
  open my $file, '>', $pid_file or die "static-server: $pid_file: $!\n";
  print $file "$$\n";
  close $file;
  open STDIN, '<', '/dev/null';
  chdir '/';
}

sub serve {
  my ($client) = @_;
  my $request = <$client> // return;
  while (my $header = <$client>) { last if $header =~ /^\r?\n$/ }
  my ($method, $path) = $request =~ m{^(GET|HEAD) (/[^ ?]*)\S* HTTP/1\.[01]\r?\n$}
    or return answer($client, 'GET', '400 Bad Request', 'text/plain', "400\n");
  $path =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ge;
  $path .= 'index.html' if $path =~ m{/$};
  if ($path =~ m{(^|/)\.\.?(/|$)|\0} || !-f "$folder$path" || !open my $file, '<:raw', "$folder$path") {
    return answer($client, $method, '404 Not Found', 'text/plain', "404\n");
  } else {
    local $/;
    my ($extension) = $path =~ /\.([a-z]+)$/;
    answer($client, $method, '200 OK', $type{$extension // ''} // 'application/octet-stream', scalar <$file>);
  }
}

sub answer {
  my ($client, $method, $status, $content_type, $body) = @_;
  print $client "HTTP/1.1 $status\r\nContent-Type: $content_type\r\nContent-Length: ", length $body,
    "\r\nConnection: close\r\n\r\n", $method eq 'HEAD' ? '' : $body;
}
