import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { packageRoot } from '../../../../src/files/package-root.ts';
import { until } from '../../../../test/support/local-cloud.ts';
import { ASK, type ExecRequest, type Frame, FrameReader, frame, TELL } from '../../src/vm/exec-frames.ts';
import { ExecPort } from '../../src/vm/exec-port.ts';

const AGENT = join(
  packageRoot(),
  'packages/local-cloud/src/vm-image/root/usr/local/lib/rolecall/exec-agent.py',
);
/** The agent's own loop, on a socket in place of a virtio-serial port. */
const SERVE = `import importlib.util, os, sys
os.set_inheritable(3, False)
sys.dont_write_bytecode = True
spec = importlib.util.spec_from_file_location("agent", sys.argv[1])
agent = importlib.util.module_from_spec(spec)
spec.loader.exec_module(agent)
agent.serve(3)`;

let folder: string;
let agent: ChildProcess;
/** A test may have ended it by itself. */
let gone: Promise<unknown>;
let wire: Duplex;
let port: ExecPort;
const open: Socket[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rolecall-exec-'));
  agent = spawn('python3', ['-c', SERVE, AGENT], { stdio: ['ignore', 'inherit', 'inherit', 'pipe'] });
  gone = once(agent, 'exit');
  wire = agent.stdio[3] as unknown as Duplex;
  port = new ExecPort(wire);
});
afterEach(async () => {
  for (const socket of open.splice(0)) socket.destroy();
  agent.kill('SIGKILL');
  await gone;
  rmSync(folder, { recursive: true, force: true });
});

/** A command line's end of a session, by a socket as in life. */
class Client {
  readonly socket: Socket;
  readonly #frames = new FrameReader();
  readonly #texts = new Map<string, Buffer[]>();
  readonly exit: Promise<number>;
  taken = 0;

  constructor(socket: Socket) {
    this.socket = socket;
    this.exit = new Promise((resolve, reject) => {
      const take = ({ kind, payload }: Frame) => {
        if (kind === TELL.exit) resolve(Number(payload));
        if (kind === TELL.lost) reject(new Error(payload.toString()));
        if (kind === TELL.taken) this.taken += Number(payload);
        this.#texts.set(kind, [...(this.#texts.get(kind) ?? []), payload]);
      };
      socket.on('data', (chunk: Buffer) => this.#frames.read(chunk).forEach(take));
    });
    this.exit.catch(() => undefined);
  }

  ask(kind: string, payload?: string | Buffer): void {
    this.socket.write(frame(kind, payload));
  }

  has(kind: string): boolean {
    return this.#texts.has(kind);
  }

  bytes(kind: string): Buffer {
    return Buffer.concat(this.#texts.get(kind) ?? []);
  }

  text(kind: string = TELL.output): string {
    return this.bytes(kind).toString();
  }
}

let clients = 0;

async function session(argv: readonly string[], more: Partial<ExecRequest> = {}): Promise<Client> {
  clients += 1;
  const path = join(folder, String(clients));
  const server = createServer((socket) => port.begin(socket)).listen(path);
  await once(server, 'listening');
  const socket = connect(path);
  open.push(socket);
  const client = new Client(socket);
  await once(socket, 'connect');
  server.close();
  client.ask(ASK.start, JSON.stringify({ argv, term: 'xterm', ...more }));
  return client;
}

const bash = (script: string, more: Partial<ExecRequest> = {}) => session(['bash', '-c', script], more);

describe('a command in a virtual machine', () => {
  test('keeps stdout and stderr apart, and ends with its exit code', async () => {
    const client = await bash('echo out; echo err >&2; echo $TERM $HOME; pwd; exit 7');
    expect(await client.exit).toBe(7);
    expect(client.text()).toBe('out\nxterm /root\n/\n');
    expect(client.text(TELL.errors)).toBe('err\n');
  });

  test('reads stdin to its end, 3 MB of it, and tells how much it has taken', async () => {
    const bytes = Buffer.alloc(3_000_000, 'rolecall ');
    const client = await session(['sha256sum']);
    for (let at = 0; at < bytes.length; at += 32_768) client.ask(ASK.input, bytes.subarray(at, at + 32_768));
    client.ask(ASK.inputEnds);
    expect(await client.exit).toBe(0);
    expect(client.text()).toContain(createHash('sha256').update(bytes).digest('hex'));
    expect(client.taken).toBe(bytes.length);
  });

  test('writes 5 MB to a client that reads late', async () => {
    const client = await bash('head -c 5000000 /dev/zero');
    client.socket.pause();
    await until('the cloud holds back', async () => client.socket.bytesRead > 0);
    client.socket.resume();
    expect(await client.exit).toBe(0);
    expect(client.bytes(TELL.output)).toHaveLength(5_000_000);
  });

  test('that is not there is 127, and one that may not run 126', async () => {
    const missing = await session(['no-such-command']);
    expect(await missing.exit).toBe(127);
    expect(missing.text(TELL.errors)).toBe('no-such-command: command not found\n');
    const folder = await session(['/etc']);
    expect(await folder.exit).toBe(126);
  });

  test('gets signals, also behind input that it does not read', async () => {
    const client = await bash('echo ready; sleep 60');
    await until('it runs', async () => client.text() === 'ready\n');
    client.ask(ASK.input, Buffer.alloc(200_000));
    client.ask(ASK.signal, '15');
    expect(await client.exit).toBe(143);
  });

  test('has a terminal that follows the size of ours, with job control', async () => {
    const script = 'stty size; trap "stty size; exit 3" WINCH; echo ready; while :; do sleep 0.05; done';
    const client = await bash(script, { tty: { rows: 33, columns: 99 } });
    await until('it is ready', async () => client.text().includes('ready'));
    client.ask(ASK.resize, JSON.stringify({ rows: 20, columns: 50 }));
    expect(await client.exit).toBe(3);
    expect(client.text()).toBe('33 99\r\nready\r\n20 50\r\n');
  });

  test('Ctrl-C typed at its terminal is the command’s', async () => {
    const client = await session(['bash', '--norc', '-i'], { tty: { rows: 24, columns: 80 } });
    await until('it prompts', async () => client.text().includes('# ') || client.text().includes('$ '));
    // The terminal shows what is typed before the command has it: only the command's own word tells that it runs.
    client.ask(ASK.input, `bash -c 'echo run""ning; exec sleep 1000'\r`);
    await until('it runs', async () => client.text().includes('running'));
    client.ask(ASK.input, '\x03');
    client.ask(ASK.input, 'exit $?\r');
    expect(await client.exit).toBe(130);
  });

  test('that leaves a daemon with its stdout behind has ended', async () => {
    const client = await bash('setsid sleep 1000 & echo $!');
    expect(await client.exit).toBe(0);
    process.kill(Number(client.text()), 'SIGKILL');
  });
});

describe('a port of a virtual machine', () => {
  test('is free again when a client has gone, and its command with it', async () => {
    const gone = await bash('echo $$; cat');
    await until('it runs', async () => gone.text().endsWith('\n'));
    const pid = Number(gone.text());
    expect(port.isFree).toBe(false);
    gone.socket.destroy();
    await until('the port is free', async () => port.isFree);
    expect(() => process.kill(pid, 0)).toThrow();
    const next = await bash('echo next');
    expect(await next.exit).toBe(0);
    expect(next.text()).toBe('next\n');
  });

  test('is free at once where a client goes that has asked for nothing', async () => {
    const path = join(folder, 'quiet');
    const server = createServer((socket) => port.begin(socket)).listen(path);
    await once(server, 'listening');
    const socket = connect(path);
    await until('it has begun', async () => !port.isFree);
    socket.destroy();
    await until('the port is free', async () => port.isFree);
    server.close();
  });

  test('skips what an earlier machine has left half read and half written', async () => {
    // A frame of an old session, cut off in the middle by a reset.
    wire.write(frame(ASK.input, 'half of a frame').subarray(0, 9));
    const client = await bash('echo whole');
    expect(await client.exit).toBe(0);
    expect(client.text()).toBe('whole\n');
  });

  test('ends a session that a reset has cut off', async () => {
    const client = await bash('echo ready; cat');
    await until('it runs', async () => client.text() === 'ready\n');
    port.lose('the machine was reset');
    await expect(client.exit).rejects.toThrow('the machine was reset');
    expect(port.isFree).toBe(true);
  });

  test('keeps a session that a reset finds waiting for the agent', async () => {
    agent.kill('SIGSTOP');
    const client = await bash('echo late');
    await until('the cloud has the request', async () => !port.isFree);
    port.lose('the machine was reset');
    expect(port.isFree).toBe(false);
    agent.kill('SIGCONT');
    expect(await client.exit).toBe(0);
  });

  test('ends every session when the machine has ended', async () => {
    const client = await bash('echo ready; cat');
    await until('it runs', async () => client.text() === 'ready\n');
    agent.kill('SIGKILL');
    await expect(client.exit).rejects.toThrow('the machine has ended');
  });
});
