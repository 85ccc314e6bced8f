// Runs the lane of virtual machines: npm run test:vm [-- JEST-ARGUMENT ...]. It fails if no test ran. Without
// ROLECALL_VM_ACCEL the machines run without KVM, as they do in most CI jobs; `ROLECALL_VM_ACCEL=kvm` is faster. One machine
// is up at a time, so it gets two processors where there are two.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'rolecall-vm-'));
const summary = join(folder, 'summary.json');
const options = ['--config', 'jest.vm.config.js', '--runInBand', '--json', '--outputFile', summary];
const { status } = spawnSync(
  process.execPath,
  [join(root, 'node_modules/jest/bin/jest.js'), ...options, ...process.argv.slice(2)],
  {
    cwd: root,
    // The results go to the file; what people read is on stderr.
    stdio: ['inherit', 'ignore', 'inherit'],
    env: {
      ...process.env,
      ROLECALL_VM_ACCEL: process.env.ROLECALL_VM_ACCEL ?? 'tcg',
      ROLECALL_VM_CPUS: process.env.ROLECALL_VM_CPUS ?? String(Math.min(2, availableParallelism())),
    },
  },
);
let passed = 0;
try {
  passed = JSON.parse(readFileSync(summary, 'utf8')).numPassedTests;
} catch {
  // No summary: jest says why.
}
rmSync(folder, { recursive: true, force: true });
if (status === 0 && passed === 0) console.error('test:vm: no test ran');
process.exitCode = status === 0 && passed > 0 ? 0 : 1;
