import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { connectEc2 } from '../../src/aws/ec2.ts';
import type { LaunchEvent } from '../../src/launch/events.ts';
import { fileRecords } from '../../src/launch/file-records.ts';
import { launchMachines } from '../../src/launch/launch.ts';
import { answer, item, type Reply, refusal, WireServer } from '../aws/server.ts';
import { HandTimer } from '../support/hand-timer.ts';
import { VirtualClock } from './memory-ec2.ts';
import { hashOf, LAUNCH, payload, role } from './roles.ts';

/** What a launch makes of answers that nobody can be sure of, through the SDK and HTTP. */

const IDS = ['i-00000000000000001', 'i-00000000000000002'];
const PORTAL = '<html><head><title>Sign in</title></head><body></body></html>';
const LAUNCHED = answer('RunInstances', `<instancesSet>${IDS.map((id) => item(id)).join('')}</instancesSet>`);
const NONE = answer('DescribeInstances', '<reservationSet/>');

let folder: string;
const servers: WireServer[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rolecall-unclear-'));
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

let nonces = 0;
/** Launches two machines as a process of its own does. @returns its events, and the error that ended it */
async function launch(
  endpoint: string,
  { isNew = true, signal }: { isNew?: boolean; signal?: AbortSignal } = {},
) {
  const clock = new VirtualClock();
  const credentials = { accessKeyId: 'AKIATEST', secretAccessKey: 'secret' };
  const options = { clock, random: () => 0.5, timer: new HandTimer(), ...(signal && { signal }) };
  const ec2 = connectEc2({ region: 'us-east-1', endpoint, credentials }, options);
  nonces += 1;
  const own = payload(nonces.toString(16).padStart(32, '0'));
  const plan = {
    launch: LAUNCH,
    role: role(),
    settingsHash: hashOf(role()),
    payload: async () => own,
    count: 2,
    isNew,
  };
  const events: LaunchEvent[] = [];
  try {
    const tools = { ec2, records: fileRecords(folder), clock, ...(signal && { signal }) };
    for await (const event of launchMachines(plan, tools)) events.push(event);
    return { events };
  } catch (error) {
    return { events, error };
  }
}

const types = (events: readonly LaunchEvent[]) => events.map(({ type }) => type);

async function serving(...replies: Reply[]): Promise<string> {
  const server = await WireServer.start(...replies);
  servers.push(server);
  return server.endpoint;
}

describe('an answer that is no AWS error document', () => {
  test.each<[string, Reply]>([
    ['a sign-in page', { status: 200, body: PORTAL }],
    ['a redirect', { status: 302, body: PORTAL, headers: { location: 'http://portal.example/' } }],
    ['an HTML 403', { status: 403, body: PORTAL }],
    ['an empty 400', { status: 400, body: '' }],
    ['an HTML 502', { status: 502, body: PORTAL }],
    ['a connection that is cut', 'drop'],
  ])('%s leaves the batch open, and the error names the launch id that settles it', async (_what, reply) => {
    const { events, error } = await launch(await serving(reply));
    expect(types(events)).toEqual(['launch-started', 'batch-requested']);
    expect(error).toMatchObject({ exit: 'aws', hint: expect.stringContaining(`--launch-id ${LAUNCH}`) });
    // The next run asks by the token, and sends the same one again.
    const again = await launch(await serving(NONE, NONE, LAUNCHED), { isNew: false });
    expect(again.error).toBeUndefined();
    expect(types(again.events)).toEqual(['launch-started', 'batch-requested', 'batch-launched']);
  });

  test('throttling at every try leaves the batch open too', async () => {
    const { error } = await launch(await serving(refusal(503, 'RequestLimitExceeded')));
    expect(error).toMatchObject({ kind: 'throttle', hint: expect.stringContaining(`--launch-id ${LAUNCH}`) });
  });

  test('then a refusal: the batch may have been launched all the same', async () => {
    const { events } = await launch(
      await serving({ status: 403, body: PORTAL }, refusal(403, 'UnauthorizedOperation')),
    );
    expect(events.at(-1)).toMatchObject({
      type: 'batch-refused',
      error: {
        message: expect.stringContaining('may have been launched'),
        hint: expect.stringContaining(`--launch-id ${LAUNCH}`),
      },
    });
  });

  test('to the run that settles a batch: a refusal of that run settles nothing', async () => {
    await launch(await serving({ status: 403, body: PORTAL }));
    const { events } = await launch(await serving(NONE, NONE, refusal(403, 'UnauthorizedOperation')), {
      isNew: false,
    });
    expect(events.at(-1)).toMatchObject({
      type: 'batch-refused',
      error: { message: expect.stringContaining('may have been launched') },
    });
  });
});

describe('a connection that does not come about', () => {
  test.each(['http://127.0.0.1:1', 'http://ec2.us-esat-1.invalid'])(
    '%s: nothing was sent, for certain',
    async (endpoint) => {
      const { events, error } = await launch(endpoint);
      expect(error).toBeUndefined();
      expect(events.at(-1)).toMatchObject({
        type: 'batch-refused',
        missing: 2,
        error: { message: expect.stringMatching(/; nothing was sent$/) },
      });
      const again = await launch(await serving(NONE, NONE, LAUNCHED), { isNew: false });
      expect(again).not.toHaveProperty('error');
    },
  );

  test('to the run that settles a batch: it stays open', async () => {
    await launch(await serving({ status: 403, body: PORTAL }));
    const { error } = await launch('http://127.0.0.1:1', { isNew: false });
    expect(error).toMatchObject({ kind: 'endpoint' });
    const again = await launch(await serving(NONE, NONE, LAUNCHED), { isNew: false });
    expect(again).not.toHaveProperty('error');
  });
});

test('the first Ctrl-C ends a request that is under way: exit 130, and the launch id is named', async () => {
  const abort = new AbortController();
  const endpoint = await serving('hang');
  for (const server of servers) server.onSilence = () => abort.abort();
  const { error } = await launch(endpoint, { signal: abort.signal });
  expect(error).toMatchObject({
    exit: 'interrupted',
    hint: expect.stringContaining(`--launch-id ${LAUNCH}`),
  });
});
