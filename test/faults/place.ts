import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Running, sandbox } from '../support/cli.ts';
import { AMI } from '../support/rehearsal.ts';
import { BUCKET, type FaultCloud, REGION } from './cloud.ts';
import { FaultProxy } from './proxy/proxy.ts';

/** How a command ended. */
export interface Ended {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** It had not ended when its time was over, and was killed. */
  readonly hung: boolean;
}

/** Where one case runs: a catalogue, a prefix in the bucket and a state folder of its own, and a proxy before the cloud. */
export interface Place {
  /** The catalogue's name, which no other case has. */
  readonly name: string;
  readonly folder: string;
  readonly cloud: FaultCloud;
  readonly proxy: FaultProxy;
  /** Writes the catalogue; `instanceType` makes machines of another type stale. */
  catalogue(instanceType?: string): void;
  /** Starts the bundled command. */
  start(args: readonly string[]): Running;
  /** Runs it to its end, which comes in time or by force. */
  run(args: readonly string[]): Promise<Ended>;
  dispose(): Promise<void>;
}

/** The longest that a command may take, whatever it meets: far more than its own deadlines add up to. */
const DEADLINE_MS = Number(process.env['FAULTS_DEADLINE_S'] ?? 240) * 1000;

/** Makes a place. @param name letters, digits and - */
export async function makePlace(name: string, cloud: FaultCloud): Promise<Place> {
  const box = sandbox();
  const proxy = await FaultProxy.start({ endpoint: cloud.endpoint, keys: cloud.keys });
  const local = join(box.home, 'state/rolecall/local');
  mkdirSync(local, { recursive: true });
  writeFileSync(join(local, 'cloud.json'), JSON.stringify({ ...cloud.file, endpoint: proxy.endpoint }), {
    mode: 0o600,
  });
  const file = join(box.home, 'roles.yaml');
  const catalogue = (instanceType = 't3.micro') => writeFileSync(file, catalogueText(name, instanceType));
  catalogue();
  const start = (args: readonly string[]) =>
    box.start([...args, '--catalogue', file, '--local'], { cwd: box.home });
  return {
    name,
    folder: box.home,
    cloud,
    proxy,
    catalogue,
    start,
    run: (args) => endOf(start(args)),
    dispose: async () => {
      await proxy.close();
      box.dispose();
    },
  };
}

/** Waits for a command's end; kills it when its time is over. */
export async function endOf(running: Running, deadlineMs = DEADLINE_MS): Promise<Ended> {
  let hung = false;
  const timer = setTimeout(() => {
    hung = true;
    running.child.kill('SIGKILL');
  }, deadlineMs);
  try {
    return { ...(await running.done), hung };
  } finally {
    clearTimeout(timer);
  }
}

const catalogueText = (name: string, instanceType: string) => `version: 1
name: ${name}
region: ${REGION}
ami: ${AMI}
bucket: ${BUCKET}
prefix: ${name}/
apps: { shop: {} }
defaults: { instance_type: ${instanceType}, timeout: 2m }
environments: { prod: {}, staging: {} }
contexts: { a: {}, b: {} }
roles: { web: {} }
`;
