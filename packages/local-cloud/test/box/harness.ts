import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installation } from '../../../../src/actions/local/installation.ts';
import { packageRoot } from '../../../../src/files/package-root.ts';
import type { Box, BoxDriver, BoxSpec, ImageBuilder } from '../../src/box.ts';
import { systemClock } from '../../src/clock.ts';
import type { OutwardProxy } from '../../src/outward/proxy.ts';
import { sandboxes } from '../../src/sandboxes.ts';

const IMAGE = 'ami-0123456789abcdef0';

/** A machine's console as it grows. */
export interface Machine extends Box {
  readonly console: () => string;
  /** Resolves with the first match on the console; rejects with the whole console when it ends without, or in 20 s. */
  readonly said: (pattern: RegExp) => Promise<RegExpExecArray>;
}

/** Real boxes with a state folder of their own. */
export interface Lab {
  readonly stateDir: string;
  readonly images: ImageBuilder;
  /** Boots a machine on an image with nothing but the given overlay. */
  boot(spec?: Partial<BoxSpec>): Promise<Machine>;
  /** Boots one that runs a bash script as its user data. */
  run(script: string, spec?: Partial<BoxSpec>): Promise<Machine>;
  /** Stops all its boxes and removes its folder. */
  close(): Promise<void>;
}

/** rc.local of these tests: nothing of the bootstrapper's. */
export async function openLab(
  overlay?: string,
  packages: readonly string[] = [],
  proxy?: OutwardProxy,
  parent = tmpdir(),
): Promise<Lab> {
  const stateDir = await mkdtemp(join(parent, 'rolecall-boxes-'));
  const { driver, images } = await sandboxes(stateDir, systemClock, installation(), proxy);
  await images.build({ id: IMAGE, packages, ...(overlay === undefined ? {} : { overlay }) });
  const machines: Machine[] = [];
  let count = 0;
  const boot = async (spec: Partial<BoxSpec> = {}): Promise<Machine> => {
    count += 1;
    const machine = await bootMachine(driver, { ...specOf(count), ...spec });
    machines.push(machine);
    return machine;
  };
  return {
    stateDir,
    images,
    boot,
    run: (script, spec) => boot({ userData: Buffer.from(`#!/bin/bash\n${script}\n`), ...spec }),
    close: async () => {
      await Promise.all(machines.map((machine) => machine.stop()));
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}

const specOf = (number: number): BoxSpec => ({
  instanceId: `i-${String(number).padStart(17, '0')}`,
  amiId: IMAGE,
  amiLaunchIndex: 0,
  instanceType: 't3.micro',
  region: 'us-east-1',
  zone: 'us-east-1a',
  privateIp: `10.0.0.${number + 3}`,
  httpTokens: 'required',
  tags: {},
  services: {},
});

async function bootMachine(driver: BoxDriver, spec: BoxSpec): Promise<Machine> {
  let text = '';
  const watchers = new Set<() => void>();
  const box = await driver.boot(spec, (chunk) => {
    text += chunk.toString('latin1');
    for (const watcher of watchers) watcher();
  });
  const said = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const settle = (last: string | undefined) => {
        const match = pattern.exec(text);
        if (match === null && last === undefined) return;
        watchers.delete(look);
        clearTimeout(timer);
        if (match === null) reject(new Error(`${last} without ${pattern} on the console:\n${text}`));
        else resolve(match);
      };
      const look = () => settle(undefined);
      const timer = setTimeout(() => settle('50 s passed'), 50_000);
      watchers.add(look);
      look();
      void box.ended.then(() => settle('the box ended'));
    });
  return { ...box, console: () => text, said };
}

/** A copy of what boxes need of this package, in a folder that any user may read. */
export async function copyPackage(folder: string): Promise<string> {
  const root = join(folder, 'package');
  await mkdir(join(root, 'packages/local-cloud/src'), { recursive: true });
  await cp(join(packageRoot(), 'packages/local-cloud/src/box'), join(root, 'packages/local-cloud/src/box'), {
    recursive: true,
  });
  await cp(join(packageRoot(), 'templates'), join(root, 'templates'), { recursive: true });
  await cp(join(packageRoot(), 'package.json'), join(root, 'package.json'));
  return root;
}
