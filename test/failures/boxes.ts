import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inPool } from '../faults/pool.ts';
import { sandbox } from '../support/cli.ts';
import { AMI } from '../support/rehearsal.ts';
import type { Came } from './judge.ts';
import { SCRIPTS, type Truth } from './truth.ts';

/** Boots of a local cloud on two cores: more would only make each of them slower. */
const AT_ONCE = 2;

/**
 * Runs every script in a real box of a lasting local cloud, each by a launch of its own: an init script by its context, a
 * module by its role.
 * @throws Error where the cloud does not come up
 */
export async function runAll(truths: readonly Truth[], ran: (came: Came) => void): Promise<Came[]> {
  const box = sandbox();
  try {
    const catalogue = write(box.home, truths);
    const { code, stderr } = await box.run(['local', 'up']);
    if (code !== 0) throw new Error(`rolecall local up: ${stderr}`);
    return await inPool(truths, AT_ONCE, async (truth) => {
      const isInit = truth.scheme === 'personality';
      const [role, context] = isInit ? ['web', truth.name] : [truth.name, 'b'];
      const where = ['--role', role, '--env', 'prod', '--context', context, '--catalogue', catalogue];
      const result = await box.run(['launch', ...where, '--local', '--output', 'json']);
      const came = read(truth, result.stdout, result.stderr);
      ran(came);
      return came;
    });
  } finally {
    await box.run(['local', 'down']);
    box.dispose();
  }
}

/** The document's failure, or what there is in its place. */
function read(truth: Truth, stdout: string, stderr: string): Came {
  try {
    const [machine] = JSON.parse(stdout).machines;
    if (machine.verdict === 'failed') return { truth, failure: machine.failure };
    return {
      truth,
      trouble: `the machine is ${machine.verdict}: ${JSON.stringify(machine.failure ?? null)}`,
    };
  } catch {
    return { truth, trouble: `no document: ${stderr.trim()}` };
  }
}

/** Writes the catalogue, its overlay and its modules. @returns the catalogue's path */
function write(folder: string, truths: readonly Truth[]): string {
  const of = (scheme: Truth['scheme']) => truths.filter((truth) => truth.scheme === scheme);
  const place = (script: string, path: string) => {
    mkdirSync(dirname(path), { recursive: true });
    copyFileSync(join(SCRIPTS, script), path);
    chmodSync(path, 0o755);
  };
  const overlay = join(folder, 'overlay');
  mkdirSync(overlay);
  for (const { name, script } of of('personality'))
    place(script, join(overlay, 'etc/rolecall/init', name, 'prod/bootstrapper.sh'));
  for (const { name, script } of of('start-up-bundle')) {
    place(script, join(folder, 'modules', name, 'start-up.sh'));
    writeFileSync(join(folder, 'modules', name, 'module.yaml'), 'description: Fails\n');
  }
  const catalogue = join(folder, 'roles.yaml');
  writeFileSync(
    catalogue,
    `version: 1
name: failures
region: eu-central-1
ami: ${AMI}
bucket: failures-rolecall
local_image: { overlay: overlay }
defaults: { instance_type: t3.micro, timeout: 60s }
environments: { prod: {} }
contexts:
  b: {}
${of('personality')
  .map(({ name }) => `  ${name}: {}\n`)
  .join('')}roles:
  web: {}
${of('start-up-bundle')
  .map(({ name }) => `  ${name}: { modules: [${name}] }\n`)
  .join('')}`,
  );
  return catalogue;
}
