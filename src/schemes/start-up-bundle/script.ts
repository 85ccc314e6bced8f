import { redact } from '../../redact.ts';

/** The settings of one launch. The rest of a start-up script is the same for every launch, and stays sound bash. */
const SETTINGS = /^rolecall_launch=[\s\S]*?^\)\n/m;

/** A start-up script as it may be shown: the nonce and everything else that is secret in it is hidden. */
export const redactScript = (script: string): string => script.replace(SETTINGS, (block) => redact(block));

/** The settings alone, with the number of the other lines. */
export function settingsOfScript(script: string): string {
  const block = SETTINGS.exec(script)?.[0] ?? '';
  const lines = script.split('\n').length - block.split('\n').length;
  return `${block}... and ${lines} lines that are the same for every launch: rolecall render --redact`;
}
