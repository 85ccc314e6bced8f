#!/usr/bin/perl
# A client of AMQP 0-9-1 for the test: `send TEXT` puts a message into the queue rolecall-test, `receive` takes one out.
use strict;
use warnings;
use IO::Socket::INET;

my ($command, $text) = @ARGV;
my ($user, $password) = ($ENV{rabbitmq_user} // 'guest', $ENV{rabbitmq_password} // 'guest');
my $socket = IO::Socket::INET->new(PeerAddr => $ENV{HOST}, PeerPort => $ENV{rabbitmq_port}, Timeout => 5)
  or die "no connection: $@\n";
$SIG{ALRM} = sub { die "no answer\n" };
alarm 10;

sub short_string { pack 'C/a', $_[0] }
sub long_string { pack 'N/a', $_[0] }

sub frame {
  my ($type, $channel, $payload) = @_;
  print {$socket} pack('CnN', $type, $channel, length $payload), $payload, "\xce";
  $socket->flush;
}

sub method {
  my ($channel, $class, $method, $arguments) = @_;
  frame(1, $channel, pack('nn', $class, $method) . $arguments);
}

sub get_frame {
  read($socket, my $head, 7) == 7 or die "the broker hung up\n";
  my (undef, undef, $size) = unpack 'CnN', $head;
  read($socket, my $payload, $size + 1) == $size + 1 or die "the broker hung up\n";
  return substr $payload, 0, $size;
}

# Reads the method that must come now, and gives its arguments.
sub expect {
  my ($class, $method) = @_;
  my ($got_class, $got_method, $rest) = unpack 'nna*', get_frame();
  die "the broker says $got_class.$got_method, and $class.$method was expected\n"
    unless $got_class == $class && $got_method == $method;
  return $rest;
}

print {$socket} "AMQP\0\0\x09\x01";
$socket->flush;
expect(10, 10);
method(0, 10, 11, long_string('') . short_string('PLAIN') . long_string("\0$user\0$password") . short_string('en_US'));
my ($channels, $size) = unpack 'nN', expect(10, 30);
method(0, 10, 31, pack 'nNn', $channels, $size, 0);
method(0, 10, 40, short_string($ENV{rabbitmq_vhost}) . short_string('') . "\0");
expect(10, 41);
method(1, 20, 10, short_string(''));
expect(20, 11);
method(1, 50, 10, pack('n', 0) . short_string('rolecall-test') . "\0" . long_string(''));
expect(50, 11);
if ($command eq 'send') {
  method(1, 60, 40, pack('n', 0) . short_string('') . short_string('rolecall-test') . "\0");
  frame(2, 1, pack 'nnNNn', 60, 0, 0, length $text, 0);
  frame(3, 1, $text);
} else {
  method(1, 60, 70, pack('n', 0) . short_string('rolecall-test') . "\1");
  expect(60, 71);
  get_frame();
  print get_frame();
}
# The broker has taken everything when it agrees to close.
method(0, 10, 50, pack('n', 200) . short_string('') . pack('nn', 0, 0));
expect(10, 51);
