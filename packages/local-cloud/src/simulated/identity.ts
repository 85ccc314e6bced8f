/** What signs a box's markers. */
export interface Identity {
  readonly launch: string;
  /** 32 hex digits; never printed. */
  readonly nonce: string;
}
