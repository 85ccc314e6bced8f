// Prints a rehearsal: tsc --outDir . rehearse.ts && node main.mjs [ROLE]
import { rehearse } from './rehearse.js';

const { lines, passed } = await rehearse(process.argv[2] ?? 'memcached', 2, { onNotice: console.error });
for (const line of lines) console.log(line);
process.exitCode = passed ? 0 : 1;
