/** A payload as it may be shown: the nonce and everything else that is secret in it is hidden. */
export { redact } from '../secrets.ts';
