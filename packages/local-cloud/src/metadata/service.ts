import type { RequestListener } from 'node:http';
import type { Clock } from '../clock.ts';
import { answerMetadata, type MetadataSource } from './routes.ts';
import { createTokens } from './tokens.ts';
import { type MetadataFacts, metadataTree } from './tree.ts';

/** Where a machine finds it. */
export const METADATA_ADDRESS = { address: '169.254.169.254', port: 80 } as const;

/** The metadata service of one machine, to be served inside it. */
export function metadataService(facts: MetadataFacts, clock: Pick<Clock, 'monotonic'>): RequestListener {
  const source: MetadataSource = {
    tree: metadataTree(facts),
    userData: facts.spec.userData,
    httpTokens: facts.spec.httpTokens,
    tokens: createTokens(clock),
  };
  return (request, response) => {
    request.resume();
    const answer = answerMetadata(
      { method: request.method ?? '', path: request.url ?? '/', headers: request.headers },
      source,
    );
    response.writeHead(answer.status, {
      ...answer.headers,
      server: 'EC2ws',
      'content-length': answer.body.length,
    });
    response.end(request.method === 'HEAD' ? undefined : answer.body);
  };
}
