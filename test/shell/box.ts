import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { packageRoot } from '../../src/files/package-root.ts';
import { BOOTSTRAPPER, type Outcome, run } from './bash.ts';
import { INSTANCE_ID, type MetadataServer } from './metadata-server.ts';

/** What markers say that the programs come from. */
export const VERSION = (
  JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string }
).version;
export const NONCE = '00112233445566778899aabbccddeeff';
export const LAUNCH = 'launch-7';
export const PERSONALITY = `environment=prod\nrole=web\ncontext=b\n`;
export const SIGNED = `${PERSONALITY}rolecall_launch=${LAUNCH}\nrolecall_nonce=${NONCE}\n`;

/** A folder that stands for a machine's root. */
export class BoxRoot {
  readonly path = mkdtempSync(join(tmpdir(), 'rolecall-box-'));

  constructor() {
    this.write('dev/console', '');
  }

  write(name: string, text: string, mode = 0o644): string {
    const file = join(this.path, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    chmodSync(file, mode);
    return file;
  }

  /** An executable bash script below /etc/rolecall/init. */
  init(name: string, body: string, mode = 0o755): string {
    return this.write(`etc/rolecall/init/${name}`, `#!/bin/bash\n${body}\n`, mode);
  }

  read(name: string): string {
    return readFileSync(join(this.path, name), 'latin1');
  }

  has(name: string): boolean {
    return existsSync(join(this.path, name));
  }

  /** Runs the bootstrapper as a process of its own, as rc.local would. `bash`: options for bash itself (`-x`). */
  boot(
    metadata: MetadataServer,
    options: Parameters<typeof run>[2] & { bash?: readonly string[] } = {},
  ): Promise<Outcome> {
    const env = { ROLECALL_ROOT: this.path, ROLECALL_METADATA: metadata.url, ...options.env };
    return run('bash', [...(options.bash ?? []), BOOTSTRAPPER], { ...options, env });
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** A marker as this test reads it: written from the contract, apart from both the bootstrapper and the watch stage. */
export interface Mark {
  readonly launch: string;
  readonly run: string;
  readonly seq: number;
  readonly epoch: string;
  readonly event: string;
  /** `true`: the MAC fits the nonce and the machine; `false`: it doesn't; `none`: there is none (`-`). */
  readonly signed: boolean | 'none';
}

/** Every marker in a console's text, repeats too. */
export function marks(text: string, nonce = NONCE): Mark[] {
  return [...text.matchAll(/^<<rc2 ((\S+) ([0-9a-f]{8}) (\d+) (\d+\.\d{3}) (.+)) (\S+)>>$/gm)].map(
    (match) => {
      const [, body = '', launch = '', runId = '', seq = '', epoch = '', event = '', mac = ''] = match;
      const expected = createHash('sha256')
        .update(`${nonce}|${INSTANCE_ID}|${body}`)
        .digest('hex')
        .slice(0, 16);
      return {
        launch,
        run: runId,
        seq: Number(seq),
        epoch,
        event,
        signed: mac === '-' ? 'none' : mac === expected,
      };
    },
  );
}

/** The events alone, each once, with every duration as `MS`. */
export const events = (text: string): string[] =>
  marks(text)
    .filter((mark, index, all) => all.findIndex((other) => other.seq === mark.seq) === index)
    .map(({ event }) => event.replace(/ \d+$/, ' MS'));

/** The events of a boot in which nothing goes wrong. */
export const GOOD_EVENTS = [
  `begin personality ${VERSION}`,
  'start metadata',
  'end metadata 0 MS',
  'start personality',
  'end personality 0 MS',
  'start init',
  'end init 0 MS',
  'verdict ok init 0 MS',
];
