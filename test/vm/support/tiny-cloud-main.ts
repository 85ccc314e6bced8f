/** Two tiny machines in a process that is there to be killed. usage: node main.cjs STATE_FOLDER */
import { mkdirSync } from 'node:fs';
import { tinyLab } from './tiny-machines.ts';

async function main(state: string): Promise<void> {
  mkdirSync(state, { recursive: true });
  const lab = tinyLab(state);
  for (const id of ['i-0123456789abcdef0', 'i-0123456789abcdef1']) {
    const machine = await lab.boot('waits', id);
    process.stdout.write(`pid ${machine.pid}\n`);
    await machine.saw('tiny boot 1\r\n');
    process.stdout.write(machine.console());
  }
  // Until it is killed.
  setInterval(() => undefined, 60_000);
}

void main(process.argv[2] ?? '');
