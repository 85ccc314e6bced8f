import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/files/package-root.ts';
import type { Policy } from './iam.ts';

const text = readFileSync(join(packageRoot(), 'docs/aws.md'), 'utf8');

/** A policy as docs/aws.md has it, below `<!-- policy NAME -->`. */
export function documentedPolicy(name: 'ec2' | 'launch' | 'release' | 'write-once' | 'machine'): Policy {
  const found = new RegExp(`<!-- policy ${name} -->\\n\\n\`\`\`json\\n([\\s\\S]*?)\`\`\``).exec(text)?.[1];
  if (found === undefined) throw new Error(`docs/aws.md has no policy ${name}`);
  return JSON.parse(found);
}

/** What the documented policies name: readers put theirs in its place. */
export const DOCUMENTED = {
  account: '123456789012',
  region: 'eu-west-1',
  catalogue: 'shop',
  ami: 'ami-0123456789abcdef0',
  subnet: 'subnet-0123456789abcdef0',
  securityGroup: 'sg-0123456789abcdef0',
  keyName: 'ops',
  instanceProfile: 'NAME-OF-THE-ROLE',
  tags: ['team', 'cost_center'],
  bucket: 'shop-rolecall',
} as const;
