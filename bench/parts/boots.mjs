// When machines ended their boots by their own clocks: read from their consoles when all is over.
import { EC2Client, GetConsoleOutputCommand } from '@aws-sdk/client-ec2';

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

/** Readings at once; the cloud's bucket of them is waited for by the SDK's own retries. */
const AT_ONCE = 4;
const VERDICT = /<<rc2 \S+ \S+ \d+ (\d+(?:\.\d+)?) verdict /g;

/** @returns {Promise<Map<string, number>>} epoch milliseconds of the last verdict marker, by instance id */
export async function bootEnds({ endpoint, keys }, region, ids) {
  const client = new EC2Client({ endpoint, region, credentials: keys, maxAttempts: 20 });
  const ends = new Map();
  const left = [...ids];
  const reader = async () => {
    for (let id = left.pop(); id !== undefined; id = left.pop()) {
      const { Output = '' } = await client.send(
        new GetConsoleOutputCommand({ InstanceId: id, Latest: true }),
      );
      const last = [...Buffer.from(Output, 'base64').toString().matchAll(VERDICT)].at(-1);
      if (last !== undefined) ends.set(id, Number(last[1]) * 1000);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, reader));
  client.destroy();
  return ends;
}
