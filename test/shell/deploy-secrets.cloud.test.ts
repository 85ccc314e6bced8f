import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { pointerText } from '../support/archives.ts';
import { NONCE, SIGNED } from './box.ts';
import { boot, box, bucket, cloud, conf, deploying, keys, pinned, point, store, told } from './deploying.ts';

deploying();

test('what is secret is exported to nobody, though the caller exports variables of the same names', async () => {
  conf();
  await store('v1');
  await point(pointerText('v1'));
  await boot(SIGNED, {
    before: `export NONCE=1 TOKEN=2 AWS_SECRET=3; reset_state; tar() { env >>"$ROOT/seen"; command tar "$@"; }`,
  });
  expect(box.read('seen')).toMatch(/^PATH=/m);
  expect(box.read('seen')).not.toMatch(/^(NONCE|TOKEN|AWS_SECRET)=/m);
});

describe('no command line and no environment holds a secret', () => {
  const COMMANDS =
    'curl date od tr sha256sum openssl env timeout tar find chmod mv ln rm sync stat readlink touch head tail df grep sort mkdir mktemp mkfifo flock sleep';
  const RECORDED = `record() { printf '%s ' "$@" >>"$ROOT/argv"; echo >>"$ROOT/argv"; command "$@"; }
    for name in ${COMMANDS}; do eval $name'() { record '$name' "$@"; }'; done`;
  const secretsOf = (more: readonly string[]) => [keys.secretAccessKey, keys.token, NONCE, ...more];

  test.each(['profile', 'presigned'])('of all that a boot runs (%s)', async (mode) => {
    const userData = await pinned(await store('v1'), { rolecall_fetch: mode });
    expect(told(await boot(userData, { before: RECORDED }))).toMatch(/^v1 in /);
    const ran = box.read('argv');
    expect(ran).toMatch(/^curl [\s\S]*^sha256sum [\s\S]*^tar --list /m);
    for (const secret of secretsOf(['Signature=', 'X-Amz-'])) expect(ran).not.toContain(secret);
  });

  test.each(['profile', 'presigned'])('of all processes there are, while S3 is asked (%s)', async (mode) => {
    let seen = '';
    let signature = '';
    const server = createHttpServer(({ headers, url = '' }, response) => {
      signature = /Signature=([0-9a-f]{64})/.exec(`${headers.authorization}${url}`)?.[1] ?? '';
      seen = processes();
      response.writeHead(403).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const build = await store('v1');
    const { url } = await bucket.presignGet(`builds/shop/${build.archive}`, 60);
    const elsewhere = {
      rolecall_build_url: url.replace(cloud.endpoint, `http://127.0.0.1:${port}`),
      rolecall_s3_url: `http://127.0.0.1:${port}`,
    };
    const outcome = await boot(await pinned(build, { rolecall_fetch: mode, ...elsewhere }));
    server.close();
    expect(told(outcome)).toMatch(/^deploy\.fetch .*answers 403/);
    expect([signature.length, seen.includes('curl -q')]).toEqual([64, true]);
    for (const secret of [keys.secretAccessKey, keys.token, signature]) expect(seen).not.toContain(secret);
  });
});

/** The command lines and environments of all processes. */
const processes = (): string =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => ['cmdline', 'environ'].map((file) => readOr(`/proc/${pid}/${file}`)))
    .join('\n')
    .replaceAll('\0', ' ');

function readOr(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    // It has ended meanwhile.
    return '';
  }
}

test('neither a trace nor the log tells a key, a token or a signature', async () => {
  const build = await store('v1');
  const userData = await pinned(build, { rolecall_fetch: 'profile' });
  const { status, stdout, stderr } = await boot(userData, { bash: ['-x'] });
  expect({ status, traced: stderr.includes('find_build') }).toEqual({ status: 0, traced: true });
  for (const secret of [keys.secretAccessKey, keys.token, 'Signature=']) {
    expect((stdout + stderr).includes(secret)).toBe(false);
    expect(box.read('var/log/rolecall/bootstrapper.log').includes(secret)).toBe(false);
  }
});
