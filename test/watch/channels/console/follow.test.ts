import { describe, expect, test } from '@jest/globals';
import { AwsError, UsageError } from '../../../../src/errors.ts';
import type { InstanceId } from '../../../../src/model.ts';
import {
  type ConsolePart,
  followConsole,
  readConsole,
} from '../../../../src/watch/channels/console/follow.ts';
import { print, World } from '../../world.ts';

const show = (parts: readonly ConsolePart[]) =>
  parts.map((part) => ('text' in part ? part.text : `<${part.gap}>`)).join('');

async function follow(world: World, id: InstanceId, signal?: AbortSignal): Promise<string> {
  const parts: ConsolePart[] = [];
  for await (const part of followConsole(world.ec2, id, world.clock, signal)) {
    parts.push(part);
    if (world.calls.length > 5000) throw new Error('following does not end');
  }
  return show(parts);
}

const lines = Array.from({ length: 20 }, (_, i) => `line ${i} of the console`);
const whole = lines.map((line) => `${line}\r\n`).join('');

describe('one reading', () => {
  test('merges what both modes hold', async () => {
    const world = new World();
    const { machine } = world.add({}, { console: whole, posted: whole.slice(0, 200) });
    expect(show(await readConsole(world.ec2, machine.instanceId))).toBe(whole);
  });

  test('takes the posted one where there is no other, and gives nothing where nothing is', async () => {
    const world = new World();
    world.postedOnly.add('t3.micro');
    const box = world.add({}, { posted: whole });
    expect(show(await readConsole(world.ec2, box.machine.instanceId))).toBe(whole);
    box.posted = '';
    expect(await readConsole(world.ec2, box.machine.instanceId)).toEqual([]);
  });

  test('of a machine that is not there says so', async () => {
    const world = new World();
    await expect(readConsole(world.ec2, 'i-0123456789abcdef0' as InstanceId)).rejects.toThrow(UsageError);
  });
});

describe('following', () => {
  test('tells the console as it grows, until the machine ends, with its last words', async () => {
    const world = new World();
    const box = world.boot(lines);
    world.at(15, () => world.state(box, 'terminated'));
    world.at(14.9, () => {
      box.posted = `${whole}last words\r\n`;
    });
    expect(await follow(world, box.machine.instanceId)).toBe(`${whole}last words\r\n`);
    expect(world.now).toBe(15);
  });

  test('tells where text is missing', async () => {
    const world = new World();
    const box = world.boot(lines);
    world.at(13, () => {
      box.console = '';
      print(box, 'Linux, once more');
      world.state(box, 'stopped');
    });
    expect(await follow(world, box.machine.instanceId)).toBe(`${whole}<restarted>Linux, once more\r\n`);
  });

  test('outlasts throttling, and ends with an error that is for good', async () => {
    const world = new World();
    const box = world.boot(lines);
    world.at(3, () => world.refuse('latest', 'throttle', 5));
    world.at(30, () => world.refuse('machine', 'permission', 5));
    await expect(follow(world, box.machine.instanceId)).rejects.toThrow(AwsError);
    expect(world.calls.filter(({ name, at }) => name === 'latest' && at >= 3 && at < 8).length).toBeLessThan(
      5,
    );
  });

  test('ends when it is aborted', async () => {
    const world = new World();
    const controller = new AbortController();
    const box = world.boot(lines);
    world.at(5.1, () => controller.abort());
    expect(await follow(world, box.machine.instanceId, controller.signal)).toBe(
      lines
        .slice(0, 7)
        .map((line) => `${line}\r\n`)
        .join(''),
    );
  });
});

test.each(['machine', 'consoleOutput'] as const)('Ctrl-C while %s is asked for is no error', async (name) => {
  const world = new World();
  const { machine } = world.boot(lines);
  const abort = new AbortController();
  const interrupted = async () => {
    abort.abort();
    throw new AwsError('stopped', { kind: 'interrupted' });
  };
  const ec2 = { ...world.ec2 };
  const parts: ConsolePart[] = [];
  for await (const part of followConsole(ec2, machine.instanceId, world.clock, abort.signal)) {
    parts.push(part);
    ec2[name] = interrupted;
  }
  expect(show(parts)).toContain(lines[0]);
});
