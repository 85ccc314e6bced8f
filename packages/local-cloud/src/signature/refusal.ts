/** Why a request's signature isn't accepted; each service has words of its own for it. */
export type Refusal =
  | { readonly why: 'malformed'; readonly detail: string }
  | { readonly why: 'unknown-key'; readonly accessKeyId: string }
  | { readonly why: 'wrong-token' }
  | { readonly why: 'expired-token' }
  | {
      readonly why: 'skewed';
      readonly requestTime: string;
      readonly serverTime: number;
      readonly maxMs: number;
    }
  | {
      readonly why: 'expired-url';
      readonly seconds: number;
      readonly expires: number;
      readonly serverTime: number;
    }
  | { readonly why: 'not-yet'; readonly serverTime: number }
  | { readonly why: 'unsigned-headers'; readonly names: readonly string[] }
  | {
      readonly why: 'mismatch';
      readonly accessKeyId: string;
      readonly canonicalRequest: string;
      readonly stringToSign: string;
      readonly signature: string;
    };

/** A request that is not let in. */
export class SignatureRefused extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(`signature refused: ${refusal.why}`);
    this.name = 'SignatureRefused';
    this.refusal = refusal;
  }
}
