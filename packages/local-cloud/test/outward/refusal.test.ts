import { networkInterfaces } from 'node:os';
import { expect, test } from '@jest/globals';
import { refusal } from '../../src/outward/refusal.ts';

test.each([
  ['127.0.0.1', 'a loopback address'],
  ['127.9.9.9', 'a loopback address'],
  ['0.0.0.0', 'a loopback address'],
  ['::1', 'a loopback address'],
  ['::', 'a loopback address'],
  ['::ffff:127.0.0.1', 'a loopback address'],
  ['::ffff:a9fe:a9fe', 'a link-local address'],
  ['169.254.169.254', 'a link-local address'],
  ['fe80::1%eth0', 'a link-local address'],
  ['fd00:ec2::254', 'an address of a private network'],
  ['10.0.0.4', 'an address of a private network'],
  ['172.31.255.255', 'an address of a private network'],
  ['192.168.1.1', 'an address of a private network'],
  ['100.64.0.1', 'an address of a private network'],
  ['224.0.0.251', 'no address of a machine'],
  ['255.255.255.255', 'no address of a machine'],
  ['100::1', 'no address of a machine'],
  ['64:ff9b::127.0.0.1', 'a loopback address'],
  ['64:ff9b::7f00:0', 'a loopback address'],
  ['64:ff9b::1', 'a loopback address'],
  ['64:ff9b::', 'a loopback address'],
  ['0064:FF9B:0:0:0:0:a9fe:a9fe', 'a link-local address'],
  ['64:ff9b::10.0.0.4', 'an address of a private network'],
  ['64:ff9b::198.18.0.1', 'an address that is set aside'],
  ['192.0.0.8', 'an address that is set aside'],
  ['198.18.0.1', 'an address that is set aside'],
  ['198.19.255.255', 'an address that is set aside'],
  ['::ffff:198.18.0.1', 'an address that is set aside'],
  ['64:ff9b:1::a00:1', 'an address of a tunnel'],
  ['::ffff:0:7f00:1', 'an address of a tunnel'],
  ['2002:7f00:1::1', 'an address of a tunnel'],
  ['2001::1', 'an address of a tunnel'],
])('%s is %s', (address, kind) => {
  expect(refusal(address)).toBe(kind);
});

test.each([
  '203.0.113.80',
  '64:ff9b::1.1.1.1',
  '198.17.255.255',
  '2001:4860:4860::8888',
  '1.1.1.1',
  '172.32.0.1',
  '100.128.0.1',
  '2606:4700::1111',
  '::ffff:1.1.1.1',
])('%s may be reached', (address) => {
  expect(refusal(address)).toBeUndefined();
});

test('no address of this machine may be reached, whatever network it is of', () => {
  const own = Object.values(networkInterfaces()).flatMap((found) => found ?? []);
  expect(own.map(({ address }) => refusal(address))).not.toContain(undefined);
});
