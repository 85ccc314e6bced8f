import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { release, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Box, BoxDriver, BoxSpec } from '../box.ts';
import { CloudError } from '../errors.ts';
import { hostnameOf } from '../metadata/tree.ts';
import { followConsole } from './console.ts';
import { boxEnvironment } from './environment.ts';
import { kernelHint, SYSTEM_ENV } from './kernel.ts';
import { type BoxListener, listenInside } from './listeners.ts';
import {
  limitedNamespaces,
  type Sandbox,
  type SandboxEnd,
  SETUP_NAMESPACES,
  startSandbox,
} from './sandbox.ts';

/** What the driver needs to know of the cloud around it. */
export interface SandboxOptions {
  /** rolecall's state folder (absolute): hidden in boxes. */
  readonly stateDir: string;
  /** Absolute path of this package's folder. */
  readonly packageFolder: string;
  /** The layers of an AMI, topmost first (see ImageBuilder); undefined for an unknown one. */
  readonly images: (amiId: string) => readonly string[] | undefined;
  /** The services inside each box: the metadata service at 169.254.169.254:80, and whatever else the cloud offers. */
  readonly listeners: (spec: BoxSpec) => readonly BoxListener[];
}

const execFileAsync = promisify(execFile);

/**
 * The driver of real boxes: Linux namespaces over a copy-on-write view of the host's root.
 * Complete for root, limited for anybody else.
 * @throws CloudError when this host can't make boxes at all; the message names the policy that forbids them
 */
export async function sandboxDriver(options: SandboxOptions): Promise<BoxDriver> {
  const kind = process.getuid?.() === 0 ? 'complete' : 'limited';
  const mapAuto = kind === 'limited' && (await hasSubordinateIds());
  if (!mapAuto) await probe(kind, false);
  const scripts = join(options.packageFolder, 'src/box');
  return {
    kind,
    limits: kind === 'complete' ? [] : limits(mapAuto),
    boot: async (spec, onConsole) => {
      const layers = options.images(spec.amiId);
      if (layers === undefined)
        throw new CloudError('usage', `no local image is registered as ${spec.amiId}`);
      const hostname = hostnameOf(spec.privateIp);
      const sandbox = await startSandbox({
        mode: kind,
        mapAuto,
        stateDir: options.stateDir,
        scripts,
        layers,
        hostname,
        ip: spec.privateIp,
        machine: true,
        command: [
          '/usr/bin/env',
          ...boxEnvironment(spec, hostname),
          '/bin/bash',
          '/run/rolecall-box/init.sh',
          title(kind, spec),
        ],
      });
      return await start(sandbox, kind, options.listeners(spec), onConsole);
    },
  };
}

const title = (kind: string, spec: BoxSpec): string =>
  `rolecall local box: ${spec.instanceId} of ${spec.amiId}, a ${kind} sandbox on this machine, Linux ${release()}`;

/** Gives a sandbox its metadata service and its console, and lets it begin. */
async function start(
  sandbox: Sandbox,
  kind: 'complete' | 'limited',
  listeners: readonly BoxListener[],
  onConsole: (chunk: Buffer) => void,
): Promise<Box> {
  let stopped = false;
  const opened: { close?: () => void; console?: { finish: () => void } } = {};
  const release = () => {
    opened.console?.finish();
    opened.close?.();
  };
  // Side by side: the binder needs only the network namespace, which stands already.
  const listening = listenInside(kind, sandbox.pid, listeners).then((close) => {
    opened.close = close;
  });
  try {
    await Promise.all([listening, sandbox.ready]);
    // Seen through the box's own root: nothing of a box lies in a folder of the host.
    opened.console = followConsole(`/proc/${sandbox.pid}/root/dev/console`, onConsole);
  } catch (error) {
    sandbox.kill();
    // Listeners that come up after the box has failed would keep its network namespace for as long as the cloud lives.
    await Promise.allSettled([sandbox.ended, listening]);
    release();
    throw error;
  }
  const ended = sandbox.ended.then((end) => {
    release();
    const reason = stopped ? 'stopped' : reasonOf(end);
    // A box whose init could not even start has said so elsewhere than on its console.
    if (reason === 'crashed' && end.said !== '') onConsole(Buffer.from(`rolecall local box: ${end.said}`));
    return { reason } as const;
  });
  sandbox.go();
  return {
    pid: sandbox.pid,
    ended,
    stop: async () => {
      stopped = true;
      sandbox.kill();
      await ended;
    },
  };
}

/** init leaves with 0; reboot(2) in a PID namespace ends its init with SIGHUP or SIGINT (reboot(2), NOTES). */
const reasonOf = (end: SandboxEnd): 'shutdown' | 'crashed' =>
  end.code === 0 || end.signal === 'SIGINT' || end.signal === 'SIGHUP' ? 'shutdown' : 'crashed';

/** Makes the namespaces once, for nothing, so that a host that forbids them says so before anything is launched. */
async function probe(kind: 'complete' | 'limited', mapAuto: boolean): Promise<void> {
  if (process.platform !== 'linux') {
    throw new CloudError('usage', `local boxes need Linux namespaces; this is ${process.platform}`, {
      hint: 'run rolecall in a Linux machine (a virtual machine will do), or launch to AWS without --local',
    });
  }
  try {
    const args =
      kind === 'limited'
        ? [...limitedNamespaces(mapAuto), 'ip', 'link']
        : [
            ...SETUP_NAMESPACES,
            'unshare',
            '--user',
            '--net',
            '--uts',
            '--ipc',
            '--pid',
            '--fork',
            'ip',
            'link',
          ];
    await execFileAsync('unshare', args, { env: SYSTEM_ENV });
  } catch (error) {
    const said = String(error).trim().split('\n').at(-1) ?? '';
    throw new CloudError('usage', `this host refuses to make boxes: ${said}`, { hint: kernelHint(said) });
  }
}

/** newuidmap that works, and a line in both files: then `unshare --map-auto` gives the box a full range of users. */
async function hasSubordinateIds(): Promise<boolean> {
  try {
    await execFileAsync('newuidmap', ['--help']).catch((error: { code?: unknown }) => {
      if (error.code === 'ENOENT') throw error;
    });
    const names = new RegExp(`^(${userNames().join('|')}):`, 'm');
    if (!['/etc/subuid', '/etc/subgid'].every((file) => names.test(readFileSync(file, 'utf8')))) return false;
    await probe('limited', true);
    return true;
  } catch {
    return false;
  }
}

/** How /etc/subuid may call this user; one without a passwd entry has a number alone. */
function userNames(): readonly string[] {
  try {
    const { uid, username } = userInfo();
    return [username, String(uid)];
  } catch {
    return [String(process.getuid?.())];
  }
}

function limits(mapAuto: boolean): readonly string[] {
  const always = [
    'Files of the system can be replaced or added, but not edited in place.',
    'Debian packages are only unpacked into the image: their users are not made and their set-up scripts do not run.',
    'Packages can not be installed inside a box (dpkg -i fails).',
  ];
  const single = [
    'A box has only one user: chown, su and services that change their user fail (memcached needs -u root).',
  ];
  return mapAuto ? always : [...single, ...always];
}
