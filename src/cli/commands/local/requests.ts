import type { LocalTally } from '../../../actions/local/running.ts';
import { localRequests as tallyOf } from '../../../actions/local/running.ts';
import { count, table } from '../../../text.ts';
import { command } from '../../command.ts';
import { OUTPUT } from '../../options.ts';
import { print } from '../../print.ts';

/** `rolecall local requests`: how often each operation of the local cloud was asked for. Exit 2 when none is up. */
export default command({
  options: { output: OUTPUT },
  examples: [['rolecall local requests', 'what your launch asked of EC2 and S3']],
  run: async ({ output }, host) => {
    const tally = await tallyOf(host);
    return print(output, host, { text: () => tallyText(tally), document: () => tally });
  },
});

function tallyText(tally: LocalTally): string {
  const rows = Object.entries(tally).flatMap(([service, operations]) =>
    Object.entries(operations).map(([operation, { requests, throttled }]) => [
      service.toUpperCase(),
      operation,
      count(requests),
      throttled === 0 ? '' : `${count(throttled)} throttled`,
    ]),
  );
  if (rows.length === 0) return 'The local cloud has had no requests yet.\n';
  return `${table([['', 'OPERATION', 'REQUESTS', ''], ...rows]).join('\n')}\n`;
}
