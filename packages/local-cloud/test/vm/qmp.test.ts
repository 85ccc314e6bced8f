import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Qmp, type QmpEvent } from '../../src/vm/qmp.ts';

let folder: string;
const sockets: Socket[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rolecall-qmp-'));
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  rmSync(folder, { recursive: true, force: true });
});

interface Asked {
  readonly execute: string;
  readonly arguments: unknown;
  readonly id: number;
}

/** QEMU's end of a connection; `answer` gets each command and says what goes back. */
async function wire(answer: (asked: Asked) => readonly unknown[]): Promise<{ ours: Socket; theirs: Socket }> {
  const path = join(folder, 'qmp');
  const server = createServer().listen(path);
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const ours = connect(path);
  const [theirs] = await accepted;
  server.close();
  sockets.push(ours, theirs);
  createInterface({ input: theirs }).on('line', (line) => {
    for (const each of answer(JSON.parse(line) as Asked)) theirs.write(`${JSON.stringify(each)}\r\n`);
  });
  return { ours, theirs };
}

const GREETING = `${JSON.stringify({ QMP: { version: {}, capabilities: [] } })}\r\n`;

describe('a QMP client', () => {
  test('enters command mode, pairs answers with commands, and passes events on in order', async () => {
    const events: QmpEvent[] = [];
    const asked: string[] = [];
    const { ours, theirs } = await wire(({ execute, id }) => {
      asked.push(execute);
      return [{ event: `BEFORE_${execute}` }, { return: { ran: execute }, id }];
    });
    theirs.write(GREETING);
    const qmp = await Qmp.open(ours, (event) => events.push(event));
    const answers = await Promise.all([qmp.execute('cont'), qmp.execute('query-status')]);
    expect(answers).toEqual([{ ran: 'cont' }, { ran: 'query-status' }]);
    expect(asked).toEqual(['qmp_capabilities', 'cont', 'query-status']);
    expect(events.map(({ event }) => event)).toEqual(asked.map((name) => `BEFORE_${name}`));
  });

  test('tells QEMU’s own words when it refuses', async () => {
    const { ours, theirs } = await wire(({ execute, id }) => [
      execute === 'cont'
        ? { error: { class: 'GenericError', desc: 'Resetting is required' }, id }
        : { return: {}, id },
    ]);
    theirs.write(GREETING);
    const qmp = await Qmp.open(ours, () => undefined);
    await expect(qmp.execute('cont')).rejects.toThrow('QEMU refused a command: Resetting is required');
  });

  test('whoever waits when QEMU ends is told, and so is whoever asks later', async () => {
    const { ours, theirs } = await wire(({ execute, id }) =>
      execute === 'qmp_capabilities' ? [{ return: {}, id }] : [],
    );
    theirs.write(GREETING);
    const qmp = await Qmp.open(ours, () => undefined);
    const waiting = qmp.execute('system_powerdown');
    theirs.end();
    await expect(waiting).rejects.toThrow('QEMU ended before it answered');
    await expect(qmp.execute('cont')).rejects.toThrow('QEMU ended before it answered');
  });

  test('a QEMU that is killed resets the connection, and no more than that', async () => {
    const { ours, theirs } = await wire(({ id }) => [{ return: {}, id }]);
    theirs.write(GREETING);
    const qmp = await Qmp.open(ours, () => undefined);
    const closed = new Promise((resolve) => {
      ours.once('close', resolve);
    });
    ours.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
    await closed;
    await expect(qmp.execute('cont')).rejects.toThrow('QEMU ended before it answered');
  });

  test('a QEMU that ends before its greeting is an error', async () => {
    const { ours, theirs } = await wire(() => []);
    const opening = Qmp.open(ours, () => undefined);
    theirs.write('qemu-system-x86_64: no such device\n');
    theirs.end();
    await expect(opening).rejects.toThrow('QEMU ended before it answered');
  });
});
