import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { until } from '../support/cli.ts';
import { idOf } from '../support/ec2-calls.ts';
import type { Fault } from '../support/ec2-proxy.ts';
import { fleetCloud, proved, QUICK, tagOf } from '../support/fleets.ts';

const cloud = fleetCloud();
beforeAll(() => cloud.up());
afterAll(cloud.dispose);

const idsNow = async () => (await cloud.living()).map(idOf).sort();

/** Says yes to the end of a machine that nobody asked about. */
const OTHER =
  '<?xml version="1.0"?><TerminateInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId><instancesSet><item><instanceId>i-0123456789abcdef0</instanceId><currentState><code>32</code><name>shutting-down</name></currentState></item></instancesSet></TerminateInstancesResponse>';

describe.each<[string, Fault]>([
  ['empty', { status: 200, body: '' }],
  ['a page of a captive portal', { status: 200, body: '<html><body>Sign in</body></html>' }],
  ['about another machine', { status: 200, body: OTHER }],
])('an answer to TerminateInstances that is %s', (_, fault) => {
  test('ends nothing, claims nothing, hides nothing; the same command again ends them', async () => {
    expect(await cloud.scale(2)).toMatchObject({ code: 0 });
    const before = await idsNow();
    const door = await cloud.through();
    await using proxy = door.proxy;
    proxy.fault = (asked) => (asked.get('Action') === 'TerminateInstances' ? fault : 'pass');
    const { code, document, stderr } = await door.json('terminate', ['--fleet', '--yes']);
    expect({ code, stderr }).toMatchObject({ code: 4 });
    expect(document.ended).toBeUndefined();
    expect(stderr).not.toMatch(/i-[0-9a-f]+ terminated/);
    expect(await idsNow()).toEqual(before);
    const status = await cloud.json('status', []);
    expect(status.document.fleets[0].counts).toMatchObject({ proved: 2 });
    proxy.fault = () => 'pass';
    expect(await door.json('terminate', ['--fleet', '--yes'])).toMatchObject({ code: 0 });
    expect(await idsNow()).toEqual([]);
  });
});

test('a scale-in whose end EC2 does not take exits 4, and the fleet is told as it is', async () => {
  expect(await cloud.scale(3)).toMatchObject({ code: 0 });
  const door = await cloud.through();
  await using proxy = door.proxy;
  proxy.fault = (asked) =>
    asked.get('Action') === 'TerminateInstances' ? { status: 200, body: '' } : 'pass';
  const { code } = await door.json('scale', ['--to', '1', '--yes']);
  expect(code).toBe(4);
  expect(await cloud.verdicts()).toEqual(proved(3));
  const status = await cloud.json('status', []);
  expect(status.document.fleets[0].counts).toMatchObject({ proved: 3 });
});

test.each([
  ['status', 'DescribeInstances', []],
  ['terminate', 'DescribeInstances', ['--fleet', '--yes']],
  ['terminate', 'TerminateInstances', ['--fleet', '--yes']],
])('%s says that it asks again after a 503 to %s', async (verb, action, args) => {
  await cloud.json('terminate', ['--fleet', '--yes']);
  expect(await cloud.scale(1)).toMatchObject({ code: 0 });
  const door = await cloud.through();
  await using proxy = door.proxy;
  let struck = 0;
  proxy.fault = (asked) => {
    if (asked.get('Action') !== action || struck === 1) return 'pass';
    struck += 1;
    return { status: 503, body: '' };
  };
  const { code, stderr } = await door.json(verb, args);
  expect({ code, struck }).toEqual({ code: 0, struck: 1 });
  expect(stderr).toContain('asking again in');
});

const XML = '<?xml version="1.0"?><Response><Errors><Error><Code>';
const BUSY = `${XML}RequestLimitExceeded</Code><Message>Slow.</Message></Error></Errors></Response>`;

describe('the verdict tag', () => {
  test.each<[string, Fault]>([
    ['a 503', { status: 503, body: '' }],
    ['a connection that is reset', 'reset'],
    ['throttling', { status: 503, body: BUSY }],
  ])('is set after its last request met %s', async (_, fault) => {
    await cloud.json('terminate', ['--fleet', '--yes']);
    const door = await cloud.through();
    await using proxy = door.proxy;
    let struck = 0;
    proxy.fault = (asked) => {
      if (asked.get('Action') !== 'CreateTags' || struck === 2) return 'pass';
      struck += 1;
      return fault;
    };
    const { code, document } = await door.json('launch', ['--count', '1']);
    expect({ code, struck, untagged: document.untagged }).toEqual({
      code: 0,
      struck: 2,
      untagged: undefined,
    });
    expect(await cloud.verdicts()).toEqual(proved(1));
  });

  test('that stays unset is told, and changes no exit code', async () => {
    await cloud.json('terminate', ['--fleet', '--yes']);
    const door = await cloud.through();
    await using proxy = door.proxy;
    const refusal = `${XML}UnauthorizedOperation</Code><Message>No.</Message></Error></Errors></Response>`;
    proxy.fault = (asked) => (asked.get('Action') === 'CreateTags' ? { status: 403, body: refusal } : 'pass');
    const { code, document } = await door.json('launch', ['--count', '1']);
    expect({ code, untagged: document.untagged.instance_ids }).toEqual({ code: 0, untagged: await idsNow() });
  });

  test('of verdicts that are known at Ctrl-C is set before the command leaves', async () => {
    await cloud.json('terminate', ['--fleet', '--yes']);
    // Some boot at once, and one hangs: verdicts of so many machines wait for others to be tagged with.
    await cloud.up(`boxes: { ${QUICK}, outcomes: [{ kind: hangs, share: 0.3 }] }`);
    const running = cloud.start('launch', ['--count', '30', '--output', 'ndjson']);
    const told = () =>
      [...running.printed().matchAll(/"event":"verdict".*?"instance_id":"(i-[0-9a-f]+)"/g)].map(
        ([, id]) => id,
      );
    await until('five verdicts', () => told().length >= 5, 60_000);
    running.child.kill('SIGINT');
    const { code, stdout } = await running.done;
    expect(code).toBe(130);
    expect(stdout).not.toContain('"event":"untagged"');
    const tagged = (await cloud.living()).filter((machine) => tagOf(machine, 'rolecall:verdict') !== 'none');
    expect(tagged.map(idOf)).toEqual(expect.arrayContaining(told()));
  }, 120_000);
});
