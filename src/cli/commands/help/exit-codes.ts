import { EXIT_CODES } from '../../../errors.ts';
import { command } from '../../command.ts';
import { OUTPUT } from '../../options.ts';
import { print } from '../../print.ts';

/** `rolecall help exit-codes`: the one table, as text or json. */
export default command({
  options: { output: OUTPUT },
  run: ({ output }, host) =>
    print(output, host, {
      text: () => EXIT_CODES.map(({ code, meaning }) => `${String(code).padStart(3)}  ${meaning}\n`).join(''),
      document: () => EXIT_CODES,
    }),
});
