/** The strong forms of error messages: in JavaScript and, from the same table, for the box's grep. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { isStrong, strongForms, strongFormsScript } from '../../../src/watch/reason/forms.ts';

const PART = fileURLToPath(new URL('../../../templates/parts/strong-forms.sh', import.meta.url));

const STRONG = [
  '/var/lib/rolecall/x.sh: line 12: memcachd: command not found',
  'x.sh: 3: foo: not found',
  'environment: line 2: x: unbound variable',
  'E: Unable to locate package rabbitmq-server',
  'dpkg: error processing package foo (--configure):',
  'dpkg: dependency problems prevent configuration of foo:',
  'error: Failed dependencies:',
  'Error: Unable to find a match: foo',
  'ERROR: Could not find a version that satisfies the requirement nope (from versions: none)',
  'npm ERR! code E404',
  'npm error code ENOTFOUND',
  'ERROR:  Could not find a valid gem',
  'error[E0425]: cannot find value `x` in this scope',
  'curl: (22) The requested URL returned error: 404',
  '2026-11-27 04:00:00 ERROR 404: Not Found.',
  'Connecting to localhost (localhost)|127.0.0.1|:9... failed: Connection refused.',
  'ssh: connect to host 10.0.0.1 port 22: Connection timed out',
  'git@github.com: Permission denied (publickey).',
  "fatal: repository '/nope' does not exist",
  ';; connection timed out; no servers could be reached',
  'nc: connect to localhost port 9 (tcp) failed: Connection refused',
  'mkfs.ext4: No such file or directory while trying to determine filesystem size',
  'The file /dev/nvme1n1 does not exist and no size was specified.',
  'mount: /mnt: special device /dev/xvdf does not exist.',
  '  Volume group "data" not found',
  "cp: cannot stat '/x': No such file or directory",
  "dd: failed to open '/dev/x': Permission denied",
  "useradd: user 'web' already exists",
  "chown: invalid user: 'web'",
  '>>> /etc/sudoers.d/web: syntax error near line 3 <<<',
  'Failed to start nginx.service: Unit nginx.service not found.',
  'Job for nginx.service failed because the control process exited with error code.',
  'nginx: [emerg] unknown directive "foo" in /etc/nginx/nginx.conf:3',
  'AH00526: Syntax error on line 3 of /etc/apache2/sites-enabled/a.conf:',
  '2026-11-27T03:00:00.000000Z 0 [ERROR] [MY-010119] [Server] Aborting',
  'psql: error: connection to server at "localhost" (127.0.0.1), port 5432 failed: Connection refused',
  'ERROR:  relation "users" does not exist',
  "ERROR 1045 (28000): Access denied for user 'root'@'localhost'",
  'Could not connect to Redis at 127.0.0.1:6379: Connection refused',
  'tar: x.tgz: Cannot open: No such file or directory',
  'gzip: stdin: not in gzip format',
  'xz: (stdin): File format not recognized',
  'app.tgz: FAILED',
  '40A7F:error:80000002:system library:BIO_new_file:No such file or directory:../crypto/bio/bss_file.c:67:',
  'gpg: BAD signature from "x"',
  'main.c:3:10: fatal error: foo.h: No such file or directory',
  "x.c:(.text+0x9): undefined reference to `foo'",
  "make: *** No rule to make target 'x'.  Stop.",
  'CMake Error at CMakeLists.txt:3 (find_package):',
  '[ERROR] COMPILATION ERROR : ',
  './main.go:3:5: undefined: x',
  'ZeroDivisionError: division by zero',
  'requests.exceptions.ConnectionError: HTTPConnectionPool(host=x)',
  "Error: Cannot find module 'express'",
  'TypeError [ERR_INVALID_ARG_TYPE]: The "path" argument must be of type string',
  'Exception in thread "main" java.lang.IllegalStateException: no port',
  'Caused by: java.net.ConnectException: Connection refused',
  'panic: runtime error: index out of range [3] with length 3',
  'No disk at x.pl line 4.',
  "x.rb:3:in `start': no disk (RuntimeError)",
  'docker: Error response from daemon: manifest unknown.',
  '│ Error: Reference to undeclared resource',
  'fatal: [localhost]: FAILED! => {"changed": false, "msg": "no"}',
  'An error occurred (AccessDenied) when calling the GetObject operation: Access Denied',
  'jq: error (at <stdin>:1): Cannot index number with "a"',
  'jq: parse error: Invalid numeric literal at line 1, column 5',
  'a.xml:1: parser error : Start tag expected',
  "sed: -e expression #1, char 3: unterminated `s' command",
  "find: '/nope': No such file or directory",
  'time="2026-11-27T03:00:00Z" level=fatal msg="no config"',
  '{"level":"error","msg":"no config"}',
  '[   12.1] Out of memory: Killed process 812 (mysqld)',
  'Segmentation fault (core dumped)',
];

const NOT_STRONG = [
  'copying 3 files, 0 errors so far',
  '+ cp error.conf /etc/memcached.conf',
  'Setting up libgpg-error0:amd64 (1.46-1) ...',
  'writing errors to /var/log/app/error.log',
  'Selecting previously unselected package fail2ban.',
  'Reading package lists...',
  'the error pages are in /srv/errors',
  'install --on-error=continue --fatal-warnings',
  'no failures',
  'Created symlink /etc/systemd/system/multi-user.target.wants/x.service',
  'x-error.js',
  'starting memcached',
  'giving up',
];

test.each(STRONG)('%s is of a strong form', (line) => {
  expect(isStrong(line)).toBe(true);
});

test.each(NOT_STRONG)('%s is of none', (line) => {
  expect(isStrong(line)).toBe(false);
});

test('the part for the box is made of the table', () => {
  expect({ again: 'npm run schema', text: readFileSync(PART, 'utf8') }).toEqual({
    again: 'npm run schema',
    text: strongFormsScript(),
  });
});

test("the box's grep finds the same lines as JavaScript", () => {
  const lines = [...STRONG, ...NOT_STRONG];
  const { stdout, stderr } = spawnSync('bash', ['-c', '. "$0" && LC_ALL=C grep -aE "$STRONG_FORMS"', PART], {
    input: lines.map((line) => `${line}\n`).join(''),
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(stdout.trimEnd().split('\n')).toEqual(lines.filter(isStrong));
});

test('no form fits everything, and none holds what a shell would read', () => {
  for (const form of strongForms()) {
    expect(new RegExp(form).test('')).toBe(false);
    expect(form).not.toContain("'");
  }
});
