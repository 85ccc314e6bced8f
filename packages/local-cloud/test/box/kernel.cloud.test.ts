import { describe, expect, test } from '@jest/globals';
import { kernelHint } from '../../src/box/kernel.ts';

const files = (values: Record<string, string>) => (path: string) => values[path];

describe('what a host that refuses boxes is told to do', () => {
  test.each([
    ['/proc/sys/kernel/unprivileged_userns_clone', '0', 'kernel.unprivileged_userns_clone=0'],
    [
      '/proc/sys/kernel/apparmor_restrict_unprivileged_userns',
      '1',
      'kernel.apparmor_restrict_unprivileged_userns=1',
    ],
  ])('%s = %s', (path, value, policy) => {
    expect(kernelHint('unshare failed: Operation not permitted', false, files({ [path]: value }))).toBe(
      `the host's policy ${policy} forbids boxes to ordinary users: run with sudo`,
    );
  });

  test.each([true, false])('none at all, root or not: %s', (root) => {
    const readFile = files({ '/proc/sys/user/max_user_namespaces': '0' });
    expect(kernelHint('unshare failed: No space left on device', root, readFile)).toBe(
      "the host's policy user.max_user_namespaces=0 forbids boxes: sysctl -w user.max_user_namespaces=10000",
    );
  });

  test('no policy found, tools missing, root without rights', () => {
    expect(kernelHint('unshare failed', false, files({}))).toBe(
      'run with sudo: root can make complete boxes',
    );
    expect(kernelHint('spawn unshare ENOENT', true, files({}))).toMatch(/util-linux.*iproute2/);
    expect(kernelHint('Operation not permitted', true, files({}))).toMatch(/--privileged/);
  });
});
