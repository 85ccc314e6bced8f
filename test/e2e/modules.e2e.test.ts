import { execFileSync } from 'node:child_process';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { sandbox } from '../support/cli.ts';
import { bundleCatalogue, writeModule } from '../support/modules.ts';

const box = sandbox();
const catalogue = bundleCatalogue(box.home);
afterAll(() => box.dispose());

const run = (...args: string[]) => box.run(args, { cwd: box.home });

/** `module test`, and of its document what a reader looks at first. */
async function tested(name: string, ...options: string[]) {
  const { code, stdout, stderr } = await run('module', 'test', name, '--output', 'json', ...options);
  if (stdout === '') throw new Error(`module test ended with ${code} and said: ${stderr}`);
  const [machine] = JSON.parse(stdout).machines;
  return {
    code,
    verdict: machine.verdict,
    failure: machine.failure,
    steps: machine.steps.map(({ name: step }: { name: string }) => step),
  };
}

describe('a module of one’s own', () => {
  test('is made, and proved in a machine that starts it twice', async () => {
    expect(await run('module', 'new', 'greeter')).toMatchObject({ code: 0 });
    expect(await tested('greeter')).toMatchObject({
      code: 0,
      verdict: 'succeeded',
      steps: expect.arrayContaining(['module.greeter', 'module.greeter-again', 'module.greeter-test']),
    });
  });

  test('that does not do what its test wants fails there, with its words', async () => {
    const test = join(box.home, 'modules/greeter/test.sh');
    const before = readFileSync(test, 'utf8');
    appendFileSync(test, 'fail "the greeting is not polite"\n');
    expect(await tested('greeter')).toMatchObject({
      code: 3,
      failure: {
        step: 'module.greeter-test',
        error: expect.stringContaining('the greeting is not polite'),
      },
    });
    writeFileSync(test, before);
  });

  test('without test.sh is started twice, and people are told that nothing else was looked at', async () => {
    writeModule(box.home, 'untested', 'true');
    const { code, stderr } = await run('module', 'test', 'untested');
    expect(code).toBe(0);
    expect(stderr).toContain(
      'note: untested has no test.sh: it is started twice, and nothing looks at what it did\n',
    );
    expect((await run('module', 'test', 'greeter')).stderr).not.toContain('note: ');
  });

  test('that cannot be started again fails at its second start', async () => {
    writeModule(box.home, 'once', 'mkdir /etc/once-only');
    expect(await tested('once')).toMatchObject({
      code: 3,
      failure: { step: 'module.once-again', error: expect.stringContaining('File exists') },
    });
  });
});

test('the way out of a test is the operator’s to give, though another module of it asks', async () => {
  writeModule(box.home, 'asks', 'true');
  appendFileSync(join(box.home, 'modules/asks/module.yaml'), 'test: { network: true }\n');
  writeModule(box.home, 'leaves', 'exec 3<>/dev/tcp/127.0.0.1/63128');
  appendFileSync(join(box.home, 'modules/leaves/module.yaml'), 'test: { modules: [asks] }\n');
  expect(await tested('leaves')).toMatchObject({
    code: 3,
    failure: { step: 'module.leaves', error: expect.stringContaining('Connection refused') },
  });
  expect(await tested('leaves', '--network')).toMatchObject({ code: 0, verdict: 'succeeded' });
});

test('a machine that can’t resolve a name says what gives it a network', async () => {
  writeModule(box.home, 'resolves', 'getent hosts mirror.example.com');
  expect((await tested('resolves')).failure.hint).toContain('--network gives them one');
  expect((await tested('resolves', '--network')).failure.hint).toContain('through the proxy in http_proxy');
  const own = readFileSync(catalogue, 'utf8');
  writeFileSync(catalogue, own.replace(/\nroles:\n/, '\nroles:\n  resolves: { modules: [resolves] }\n'));
  const { stdout } = await run(
    ...['launch', '--role', 'resolves', '--env', 'prod', '--context', 'b', '--local'],
  );
  expect(stdout).toMatch(
    /→ local machines have no network, .*\{network: true\} in \S*roles\.yaml gives them one\n/,
  );
  writeFileSync(catalogue, own);
});

test('a module of others: added from git at a tag, pinned, launched; refused once it was changed', async () => {
  const theirs = join(box.home, 'theirs');
  writeModule(theirs, 'shared', 'echo "rolecall: version one"');
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', theirs, '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args]);
  git('init', '-q');
  git('add', '-A');
  git('commit', '-qm', 'one');
  git('tag', 'v1');
  writeModule(theirs, 'shared', 'exit 1');
  git('commit', '-qam', 'two');

  const added = await run('module', 'add', `file://${theirs}/.git#v1`, '--output', 'json');
  expect(JSON.parse(added.stdout)).toMatchObject({
    resolved: expect.stringMatching(/^[0-9a-f]{40}$/),
    modules: [{ name: 'shared', changed: true }],
  });
  const own = readFileSync(catalogue, 'utf8').replace(
    /\nroles:\n/,
    '\nroles:\n  shared: { modules: [shared] }\n',
  );
  writeFileSync(catalogue, own);
  const launch = ['launch', '--role', 'shared', '--env', 'prod', '--context', 'b', '--local'];
  const launched = await run(...launch);
  expect(launched).toMatchObject({ code: 0 });
  expect(launched.stderr).toContain('module.shared: version one');

  appendFileSync(join(box.home, 'modules/shared/start-up.sh'), 'true\n');
  const refused = await run(...launch);
  expect(refused.code).toBe(6);
  expect(refused.stderr).toContain('these modules are not what modules.lock says: shared (from file://');
});
