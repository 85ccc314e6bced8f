import { UsageError } from '../errors.ts';
import { type InstanceId, isInstanceId } from '../model.ts';

interface Words {
  readonly instance?: string | undefined;
  readonly raw: boolean;
  readonly output: string;
}

/** @throws UsageError where no instance is named, or for words that exclude each other */
export function machineWords({ instance, raw, output }: Words): {
  readonly instance: InstanceId;
  readonly raw: boolean;
  readonly json: boolean;
} {
  if (instance === undefined || !isInstanceId(instance)) {
    throw new UsageError(`"${instance ?? ''}" is no instance id`, {
      hint: 'one looks like i-0123456789abcdef0',
    });
  }
  const json = output === 'json';
  if (json && raw) {
    throw new UsageError('--raw is for text; --output json has all that the machine printed, escaped', {
      hint: 'leave out one of them',
    });
  }
  return { instance, raw, json };
}
