import { redact as redactText } from '../redact.ts';

/** Of a start-up script: the settings of one launch. The rest is the same for every launch, and stays sound bash. */
const SETTINGS = /^rolecall_launch=[\s\S]*?^\)\n/m;

/** A payload as it may be shown: the nonce and everything else that is secret in it is hidden. */
export const redact = (payload: string): string =>
  payload.startsWith('#!') ? payload.replace(SETTINGS, (block) => redactText(block)) : redactText(payload);
