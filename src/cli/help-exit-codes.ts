import { EXIT_CODES, exitCode } from '../errors.ts';
import { command } from './command.ts';
import { OUTPUT } from './options.ts';

/** `rolecall help exit-codes`: the one table, as text or json. */
export const helpExitCodes = command({
  options: { output: OUTPUT },
  run: async ({ output }, { terminal }) => {
    const text = EXIT_CODES.map(({ code, meaning }) => `${String(code).padStart(3)}  ${meaning}\n`).join('');
    terminal.stdout.write(output === 'json' ? `${JSON.stringify(EXIT_CODES, null, 2)}\n` : text);
    return exitCode('ok');
  },
});
