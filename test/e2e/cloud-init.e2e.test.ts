import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sandbox } from '../support/cli.ts';
import { bundleCatalogue } from '../support/modules.ts';

/**
 * Debian's own cloud-init, in the machine's image: it asks the metadata service for the user data by itself, and runs it as on
 * EC2, in its stages `init` (network) and `final` (scripts-user). Of its other modules, which would configure the box, none.
 * The console gets what systemd's unit gives it: `StandardOutput=journal+console`.
 */
const CONFIGURATION = `datasource_list: [Ec2]
datasource: { Ec2: { strict_id: false, metadata_urls: ['http://169.254.169.254'] } }
cloud_init_modules: []
cloud_config_modules: []
cloud_final_modules: [scripts-user]
`;
const RUN = `#!/bin/bash
rm -rf /var/lib/cloud
cloud-init init >/dev/console 2>&1 && cloud-init modules --mode=final >/dev/console 2>&1
`;

const box = sandbox();
const env = { FIRST_TEXT: 'hello' };
let catalogue: string;

const overlaid = (path: string, text: string) => {
  const file = join(box.home, 'overlay', path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, 0o755);
};

beforeAll(async () => {
  overlaid('etc/cloud/cloud.cfg.d/99-box.cfg', CONFIGURATION);
  overlaid('usr/local/sbin/real-cloud-init', RUN);
  catalogue = bundleCatalogue(box.home, {
    top: 'local_image: { overlay: overlay, packages: [cloud-init] }\n',
    // It asks with tokens only where the DMI tables say EC2.
    defaults: '  http_tokens: optional\n',
  });
  expect(await box.run(['local', 'up'])).toMatchObject({ code: 0 });
});
afterAll(async () => {
  await box.run(['local', 'down']);
  box.dispose();
});

const place = () => ['--catalogue', catalogue, '--local', '--output', 'json'];
const rolecall = async (...args: string[]) => {
  const { code, stdout, stderr } = await box.run([...args, ...place()], { env });
  if (stdout === '') throw new Error(`rolecall ${args[0]} said: ${stderr}`);
  return { code, ...JSON.parse(stdout) };
};
const inside = (instance: string, ...command: string[]) =>
  box.run(['local', 'exec', instance, '--', ...command]);
const consoleOf = async (instance: string) =>
  (await box.run(['console', instance, '--catalogue', catalogue, '--local'])).stdout.replaceAll('\r', '');

/** What a run of the script told, by stdout and console, each thing once: markers without what differs from run to run. */
const told = (text: string) => [
  ...new Set(
    [
      ...text.matchAll(
        /<<rc2 \S+ \S+ (\d+ )\S+ (.*?)(?: \d+)? [0-9a-f]{16}>>|(?:Unpacked: |Starting mod|Finished st|ERROR Boot|rolecall\[).*/g,
      ),
    ].map(([line, seq = '', event]) => (event === undefined ? line : seq + event)),
  ),
];
/** Without its times. */
const outline = ({ verdict, steps, failure }: { verdict: string; steps: object[]; failure?: object }) => ({
  verdict,
  steps: steps.map((step) => ({ ...step, ms: undefined })),
  failure,
});

const WHERE_THE_KEY_IS = `grep -rlF "$(grep -oE 'rolecall_bundle_key=[0-9a-f]{64}' /var/lib/cloud/instance/user-data.txt | cut -d= -f2)" \
  /etc /run /tmp /var | xargs -r ls -lL`;

test.each([
  ['pair', 0],
  ['fails', 3],
])(
  'the role %s does under cloud-init what it did under the box’s own init: exit %i',
  async (role, exit) => {
    const first = await rolecall('launch', '--role', role, '--env', 'prod', '--context', 'b');
    const [machine] = first.machines;
    const before = await consoleOf(machine.instance_id);
    const { code } = await inside(machine.instance_id, 'real-cloud-init');
    const after = (await consoleOf(machine.instance_id)).slice(before.length);
    expect(after).toMatch(/Cloud-init v\. \d\S+ running 'modules:final'/);
    expect(told(after)).toEqual(told(before));
    expect(told(after)).toContain(
      exit === 0 ? 'Finished starting module second' : '14 verdict failed module.fails 100',
    );
    expect({ code, warned: /WARNING\]: Failed to run module scripts-user/.test(after) }).toEqual({
      code: exit === 0 ? 0 : 1,
      warned: exit !== 0,
    });
    // The newest run is the one that counts.
    const again = await rolecall('watch', first.launch.id);
    expect([first.code, again.code]).toEqual([exit, exit]);
    expect(outline(again.machines[0])).toEqual(outline(machine));
    const { stdout } = await inside(machine.instance_id, 'bash', '-c', WHERE_THE_KEY_IS);
    const files = stdout.trim().split('\n');
    expect(files.length).toBeGreaterThan(1);
    for (const file of files) expect(file).toMatch(/^-r[w-][x-]------ 1 root root .* \/var\/lib\/cloud\//);
  },
  240_000,
);
