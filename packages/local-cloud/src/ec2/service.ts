import { randomUUID } from 'node:crypto';
import type { FaultCounts } from '../faults.ts';
import type { RequestCounts } from '../request-counts.ts';
import { answerXml, errorXml } from './answer.ts';
import { Ec2Error, isLimitExceeded, limitExceeded } from './ec2-error.ts';
import type { World } from './operation.ts';
import { OPERATIONS } from './operations.ts';
import { flag, needText, type Params, parseParams } from './params.ts';

/** What goes back over HTTP; `lost`: the request took effect, but nothing goes back. */
export interface Ec2Answer {
  readonly status: number;
  readonly requestId: string;
  readonly xml: string;
  readonly lost: boolean;
}

/** Parameters that belong to the protocol, not to the operation. */
const PROTOCOL = new Set(['Action', 'Version']);

/**
 * Answers one EC2 query request.
 * @param query the form: the body of a POST, or the query of a GET
 * @param regionOf finds the region of the request's credentials; throws Ec2Error AuthFailure
 */
export function answerEc2(
  query: string,
  regionOf: () => string,
  world: World,
  counts: FaultCounts,
  requests: RequestCounts,
  log: (line: string) => void,
): Ec2Answer {
  const requestId = randomUUID();
  let asked = 'unknown';
  let isThrottled = false;
  try {
    const region = regionOf();
    const params = parseParams(query);
    const action = needText(params, 'Action');
    if (OPERATIONS.has(action)) asked = action;
    const xml = answerXml(action, requestId, perform(action, params, region, world, counts));
    return { status: 200, requestId, xml, lost: counts.dropsAnswer(action) };
  } catch (error) {
    const refusal = asEc2Error(error, log);
    isThrottled = isLimitExceeded(refusal);
    return { status: refusal.status, requestId, xml: errorXml(refusal, requestId), lost: false };
  } finally {
    requests.add('ec2', asked, isThrottled);
  }
}

function perform(name: string, params: Params, region: string, world: World, counts: FaultCounts) {
  const operation = OPERATIONS.get(name);
  if (operation === undefined)
    throw new Ec2Error('InvalidAction', `The action ${name} is not valid for this web service.`);
  if (counts.throttles(name) || !mayAsk(name, params, region, world)) throw limitExceeded();
  if (world.faults.unauthorized?.includes(name))
    throw new Ec2Error(
      'UnauthorizedOperation',
      `You are not authorized to perform this operation. No identity-based policy allows the ec2:${name} action`,
    );
  const odd = Object.keys(params).find(
    (key) => !PROTOCOL.has(key) && !isSigning(key) && !operation.params.includes(key),
  );
  if (odd !== undefined)
    throw new Ec2Error('UnknownParameter', `The parameter ${odd} is not recognized by the local cloud`);
  // RunInstances checks everything first, then says DryRunOperation by itself.
  if (name !== 'RunInstances' && flag(params, 'DryRun'))
    throw new Ec2Error('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.');
  return operation.run({ params, region, world });
}

/** Whether EC2's bucket of this operation has a token left, where the cloud has buckets. */
function mayAsk(name: string, params: Params, region: string, { faults, buckets }: World): boolean {
  if (faults.throttling === undefined) return true;
  const narrowed = ['Filter', 'MaxResults', 'NextToken'].some((key) => params[key] !== undefined);
  return buckets.takeRequest(region, name, narrowed);
}

/** A presigned GET carries its signature among the parameters. */
const isSigning = (name: string): boolean => /^X-Amz-/i.test(name);

/** A defect of the local cloud is EC2's InternalError to the client; nothing of its inside goes out. */
function asEc2Error(error: unknown, log: (line: string) => void): Ec2Error {
  if (error instanceof Ec2Error) return error;
  log(
    `a defect of the local cloud: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  );
  return new Ec2Error('InternalError', 'An internal error has occurred');
}
