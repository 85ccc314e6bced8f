import { readFileSync } from 'node:fs';
import { isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import { OPERATIONS } from './ec2/operations.ts';
import { reasonOf } from './errno.ts';
import { CloudError } from './errors.ts';
import type { Faults } from './faults.ts';
import {
  type Fields,
  isRecord,
  listOf,
  mapOf,
  oneOf,
  operationOf,
  perOperation,
  type Reader,
  share,
  step,
  truth,
  whole,
  word,
} from './faults-readers.ts';
import { CONDITIONAL_WRITES, S3_OPERATIONS } from './s3/endpoint.ts';

const operation = operationOf([...OPERATIONS.keys(), ...S3_OPERATIONS]);
const s3Operation = operationOf(S3_OPERATIONS);
const conditionalWrite = operationOf(CONDITIONAL_WRITES);

const struck = { launch_indexes: ['launchIndexes', listOf(whole(0))], share: ['share', share] } as const;

/** A whole map that is one of several kinds, each with keys of its own. */
const outcome: Reader = (value, path, report) => {
  const kind = isRecord(value) ? value['kind'] : undefined;
  const more = typeof kind === 'string' && Object.hasOwn(OUTCOMES, kind) ? OUTCOMES[kind] : undefined;
  return mapOf({ kind: ['kind', oneOf(...Object.keys(OUTCOMES))], ...struck, ...more }, ['kind'])(
    value,
    path,
    report,
  );
};

const atStep = { step: ['step', step] } as const;
const OUTCOMES: Readonly<Record<string, Fields>> = {
  ok: {},
  failed: { ...atStep, status: ['status', whole(1)], lines: ['lines', listOf(word)] },
  hangs: atStep,
  dies: atStep,
  'dies-pending': {},
  'never-running': {},
};

const boxes = mapOf({
  pending_ms: ['pendingMs', whole(0)],
  kernel_ms: ['kernelMs', whole(0)],
  steps: ['steps', listOf(mapOf({ name: ['name', step], ms: ['ms', whole(0)] }, ['name', 'ms']))],
  jitter: ['jitter', share],
  lost_beacons: ['lostBeacons', mapOf(struck)],
  outcomes: ['outcomes', listOf(outcome)],
});

const powerFields = mapOf(
  {
    kind: ['kind', oneOf('cut', 'reset')],
    after_ms: ['afterMs', whole(0)],
    when_console: ['whenConsole', word],
    off_ms: ['offMs', whole(0)],
    ...struck,
  },
  ['kind'],
);

const power: Reader = (value, path, report) => {
  if (isRecord(value)) {
    if ('after_ms' in value === 'when_console' in value)
      report(path, 'expected either after_ms or when_console');
    if (value['kind'] === 'reset' && 'off_ms' in value)
      report([...path, 'off_ms'], 'expected no off_ms: a reset takes no power away');
  }
  return powerFields(value, path, report);
};

const faults = mapOf({
  no_capacity: [
    'noCapacity',
    listOf(
      mapOf({
        zone: ['zone', word],
        instance_type: ['instanceType', word],
        market: ['market', oneOf('spot', 'on-demand')],
        available: ['available', whole(0)],
      }),
    ),
  ],
  vcpu_quota: ['vcpuQuota', whole(0)],
  throttle: ['throttle', perOperation(operation, 'RunInstances')],
  drop_answers: ['dropAnswers', perOperation(operation, 'RunInstances')],
  unauthorized: ['unauthorized', listOf(operation)],
  s3_errors: ['s3Errors', perOperation(s3Operation, 'GetObject')],
  conflicts: ['conflicts', perOperation(conditionalWrite, 'PutObject')],
  break_off: ['breakOff', perOperation(s3Operation, 'GetObject')],
  clock_skew_ms: ['clockSkewMs', whole(Number.MIN_SAFE_INTEGER)],
  die_after_requests: ['dieAfterRequests', whole(0)],
  invisible_ms: ['invisibleMs', whole(0)],
  console: [
    'console',
    mapOf({
      ...struck,
      empty: ['empty', truth],
      every_bytes: ['everyBytes', whole(1)],
      drop_bytes: ['dropBytes', whole(1)],
    }),
  ],
  machine_dies: ['machineDies', mapOf({ ...struck, after_ms: ['afterMs', whole(0)] }, ['after_ms'])],
  spot_interruptions: [
    'spotInterruptions',
    mapOf({ ...struck, after_ms: ['afterMs', whole(0)] }, ['after_ms']),
  ],
  metadata: [
    'metadata',
    mapOf({
      ...struck,
      user_agent: ['userAgent', word],
      delay_ms: ['delayMs', whole(0)],
      fail_first: ['failFirst', whole(1)],
      dead_ms: ['deadMs', whole(1)],
    }),
  ],
  power: ['power', listOf(power)],
  network_late: ['networkLate', mapOf({ ...struck, ms: ['ms', whole(1)] }, ['ms'])],
  impaired: ['impaired', mapOf(struck)],
  throttling: ['throttling', oneOf('documented')],
  seed: ['seed', whole(0)],
  boxes: ['boxes', boxes],
});

/**
 * Parses a faults file; docs/local-cloud.md shows every key.
 * @param name how messages call the file
 * @throws CloudError that names every fault of the file with its line and column
 */
export function parseFaults(text: string, name: string): Faults {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const problems: string[] = [];
  const add = (offset: number, message: string) => {
    const { line, col } = lines.linePos(offset);
    problems.push(`${name}:${line}:${col}: ${message}`);
  };
  for (const error of document.errors) add(error.pos[0], error.message.split('\n')[0] ?? error.code);
  if (problems.length > 0) throw refusal(problems);
  const read = faults(document.toJS() ?? {}, [], (path, message) =>
    add(offsetOf(document.contents, path), message),
  );
  if (problems.length > 0) throw refusal(problems);
  return read as Faults;
}

/** Reads and parses a faults file. @throws CloudError */
export function readFaults(path: string): Faults {
  try {
    return parseFaults(readFileSync(path, 'utf8'), path);
  } catch (error) {
    if (error instanceof CloudError) throw error;
    throw new CloudError('usage', `${path} can't be read: ${reasonOf(error)}`, {
      hint: 'give the path of a faults file to --faults',
      cause: error,
    });
  }
}

const refusal = (problems: readonly string[]): CloudError =>
  new CloudError('usage', problems.join('\n'), {
    hint: 'docs/local-cloud.md shows every key of a faults file',
  });

/** Where the value (or the key) at a path begins in the text. */
function offsetOf(root: Node | null, path: readonly (string | number)[]): number {
  let node: unknown = root;
  let offset = root?.range?.[0] ?? 0;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && key.value === step);
      offset = (pair?.key as Node | undefined)?.range?.[0] ?? offset;
      node = pair?.value;
    } else {
      node = isNodeList(node) ? node.items[Number(step)] : undefined;
      offset = (node as Node | undefined)?.range?.[0] ?? offset;
    }
  }
  return offset;
}

const isNodeList = (node: unknown): node is { items: readonly unknown[] } =>
  typeof node === 'object' && node !== null && 'items' in node;
