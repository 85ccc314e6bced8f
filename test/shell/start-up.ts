import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { type BoxProgram, boxProgram } from '../../src/files/package-root.ts';
import type { LaunchId, Nonce } from '../../src/model.ts';
import { type StartUpRun, startUpPayload } from '../../src/schemes/start-up-bundle/payload.ts';
import { KEY, opensslSeals, sha256 } from '../bundle/support.ts';
import { role } from '../launch/roles.ts';
import { type Member, tarOf } from '../support/archives.ts';
import { type Outcome, run } from './bash.ts';
import { BoxRoot, LAUNCH, NONCE } from './box.ts';
import { serveMetadata } from './metadata-server.ts';

const TEMPLATE = boxProgram('start-up.sh');

/** What stands for the signature in the bundle's URL. */
export const SIGNATURE = 'X-Amz-Signature=5ec2e7';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A module of a bundle, started by this script. */
export const module = (name: string, script: string): Member => ({
  name: `start-up-bundle/${name}/start-up.sh`,
  text: `#!/bin/bash\nset -euo pipefail\n${script}\n`,
  mode: 0o755,
});
export const list = (text: string): Member => ({ name: 'start-up-bundle/modules.list', text });

const lib = (name: BoxProgram): Member => ({
  name: `start-up-bundle/.lib/${name}`,
  text: boxProgram(name),
});
/** The members as a tar, with what runs them. */
export const packed = async (members: readonly Member[]): Promise<Buffer> =>
  await tarOf([lib('runner.sh'), ...members]);
/** The same as gzip'd tar, sealed by stock openssl. */
export const sealed = async (members: readonly Member[], key: string = KEY): Promise<Buffer> =>
  opensslSeals(gzipSync(await packed(members)), key);

interface StartOptions {
  /** The bundle that the payload pins. */
  readonly bundle: Buffer;
  /** What the URL gives; absent: the bundle. Answers are used up, the last one stays. */
  readonly answers?: readonly Answer[];
  readonly pinned?: Partial<StartUpRun['bundle']>;
  readonly personality?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  /** Bash that replaces functions and settings of the script before it starts. */
  readonly before?: string;
  /** Commands, as root in a mount namespace of their own, before the script is started there; $1 is the box's root. */
  readonly mounts?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Options for bash itself (`-x`). */
  readonly bash?: readonly string[];
  readonly onStdout?: (text: string) => void;
  readonly onStart?: (pid: number) => void;
}

/** A folder that stands for a machine's root, the server that has its bundle, and the real payload. */
export class StartUpBox extends BoxRoot {
  /** How often the bundle was asked for. */
  asked = 0;

  constructor() {
    super();
    this.write('etc/os-release', 'ID=debian\n');
  }

  /** Runs the user data of a launch, as cloud-init would: the whole rendered payload, by its `#!`. */
  async start(options: StartOptions): Promise<Outcome> {
    const answers = options.answers ?? [(_request, response) => response.end(options.bundle)];
    const server = createServer((request, response) => {
      const next = answers[Math.min(this.asked++, answers.length - 1)];
      next?.(request, response);
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const bundle = {
      url: `http://127.0.0.1:${port}/bundles/b?${SIGNATURE}`,
      key: KEY,
      sha256: sha256(options.bundle),
      compression: 'gzip',
      ...options.pinned,
    } as const;
    const metadata = await serveMetadata(undefined);
    const { personality = {}, timeoutMs = 600_000 } = options;
    const asRun = { launch: LAUNCH as LaunchId, nonce: NONCE as Nonce, bundle };
    const { text } = startUpPayload(role({}, { personality, timeoutMs }), asRun, TEMPLATE);
    try {
      return await run('unshare', this.#command(this.write('part-001', text, 0o700), options), {
        ...options,
        env: { ROLECALL_ROOT: this.path, ROLECALL_METADATA: metadata.url, ...options.env },
      });
    } finally {
      server.closeAllConnections();
      server.close();
      await metadata.close();
    }
  }

  #command(payload: string, { before, mounts = ':', bash = [] }: StartOptions): string[] {
    // Sourced, the script starts nothing: the test does.
    const start =
      before === undefined ? '"$2"' : '-c \'source "$1"; WAITS=(0 0); eval "$2"; main\' test "$2" "$3"';
    return [
      ...['--mount', 'bash', '-ec', `${mounts}\nexec bash ${[...bash, start].join(' ')}`, 'test'],
      ...[this.path, payload, before ?? ''],
    ];
  }
}

/** The library as a member of a bundle. */
export const library: Member = lib('module-lib.sh');

/** What people read of a failure: `STEP (status N): why`; of a success `ok STEP`. */
export function told({ stdout }: Outcome): string {
  const failed = /^ERROR Bootstrapping failed at step (.*)$/m.exec(stdout)?.[1];
  return failed ?? /verdict (ok \S+) /.exec(stdout)?.[1] ?? 'nothing';
}
