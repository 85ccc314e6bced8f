import type { RequestListener } from 'node:http';
import type { BoxSpec } from '../box.ts';
import type { Clock } from '../clock.ts';
import { ACCOUNT } from '../geography.ts';
import { failing } from './failing.ts';
import { metadataService } from './service.ts';

/** The metadata service of a machine that boots now. */
export function machineMetadata(spec: BoxSpec, clock: Clock, mac?: string): RequestListener {
  const { credentials } = spec.services;
  const facts = {
    spec,
    accountId: ACCOUNT,
    launchedAt: clock.now(),
    mac,
    ...(credentials && { credentials }),
  };
  const service = metadataService(facts, clock);
  return spec.metadataFault === undefined ? service : failing(service, spec.metadataFault, clock);
}
