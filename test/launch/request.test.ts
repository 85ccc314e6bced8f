import type { RunInstancesCommandInput } from '@aws-sdk/client-ec2';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { clientToken } from '../../src/launch/identity.ts';
import type { Offering } from '../../src/launch/offerings.ts';
import { runRequest } from '../../src/launch/request.ts';
import { expectGolden } from '../support/golden.ts';
import { anyCharacter, holds } from '../support/property.ts';
import { hashOf, LAUNCH, payload, role } from './roles.ts';

const NONCE = '00112233445566778899aabbccddeeff';
const T3: Offering = { instanceType: 't3.micro', market: 'on-demand' };
const identity = (batch = 1, count = 3, offering = T3, of = role()) => ({
  launch: LAUNCH,
  batch,
  count,
  clientToken: clientToken(LAUNCH, batch),
  offering,
  settingsHash: hashOf(of),
});

const expectRequest = (name: string, request: RunInstancesCommandInput): void =>
  expectGolden(`launch/${name}.json`, `${JSON.stringify(request, undefined, 2)}\n`);

describe('runRequest', () => {
  test('a role that sets only what it must', () => {
    expectRequest('minimal', runRequest(role(), payload(NONCE), identity()));
  });

  test('a role that sets everything', () => {
    const everything = role({
      securityGroups: ['sg-0a1b2c3d', 'default'],
      instanceProfile: 'memcached',
      keyName: 'ops',
      blockDevices: [
        {
          device: '/dev/xvda',
          sizeGb: 20,
          type: 'gp3',
          iops: 3000,
          throughput: 125,
          encrypted: true,
          deleteOnTermination: true,
        },
        { device: '/dev/xvdb', snapshot: 'snap-0a1b2c3d' },
      ],
      tags: { team: 'cache', Name: 'cache box', 'rolecall:role': 'not yours to set' },
      httpTokens: 'optional',
      metadataHopLimit: 2,
      shutdownBehavior: 'terminate',
      spot: { maxPrice: '0.05', orOnDemand: false },
    });
    const offering: Offering = {
      instanceType: 'm7g.large',
      subnet: 'subnet-0a1b2c3d',
      zone: 'us-east-1b',
      market: 'spot',
    };
    expectRequest(
      'everything',
      runRequest(everything, payload(NONCE), identity(12, 100, offering, everything)),
    );
  });

  test('an instance profile is named by ARN or by name', () => {
    const arn = 'arn:aws:iam::123456789012:instance-profile/web';
    expect(runRequest(role({ instanceProfile: arn }), payload(NONCE), identity()).IamInstanceProfile).toEqual(
      { Arn: arn },
    );
    expect(
      runRequest(role({ instanceProfile: 'web' }), payload(NONCE), identity()).IamInstanceProfile,
    ).toEqual({ Name: 'web' });
  });

  test('a spot machine at any price, whose stop behaviour is left to EC2', () => {
    const request = runRequest(
      role({ spot: { orOnDemand: true } }),
      payload(NONCE),
      identity(1, 1, { ...T3, market: 'spot' }),
    );
    expect(request.InstanceMarketOptions).toEqual({
      MarketType: 'spot',
      SpotOptions: { SpotInstanceType: 'one-time' },
    });
    expect(request.InstanceInitiatedShutdownBehavior).toBeUndefined();
  });

  test('user data arrives as the payload has it, whatever it holds', () => {
    holds(
      fc.property(fc.string({ unit: anyCharacter }), (text) => {
        const sent = runRequest(role(), { ...payload(NONCE), text }, identity()).UserData ?? '';
        expect(Buffer.from(sent, 'base64').equals(Buffer.from(text, 'utf8'))).toBe(true);
      }),
    );
  });

  test('the order in which the catalogue names tags changes nothing', () => {
    const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 12 }), { maxLength: 8 });
    holds(
      fc.property(names, (tags) => {
        const made = (order: string[]) =>
          runRequest(
            role({ tags: Object.fromEntries(order.map((tag) => [`x-${tag}`, tag])) }),
            payload(NONCE),
            identity(),
          );
        expect(made([...tags].reverse())).toEqual(made(tags));
      }),
    );
  });
});
