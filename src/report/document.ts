/**
 * The JSON document of a launch, a public contract (docs/output.md): snake_case, additions allowed, nothing renamed.
 */
export interface LaunchDocument {
  readonly launch: {
    readonly id: string;
    readonly catalogue: string;
    readonly role: string;
    readonly environment: string;
    readonly context: string;
    readonly catalogue_sha256: string;
    readonly region: string;
    readonly ami: string;
  };
  readonly machines: readonly MachineDocument[];
  readonly summary: {
    readonly requested: number;
    readonly succeeded: number;
    readonly failed: number;
    readonly silent: number;
    readonly lost: number;
  };
  /** Set when AWS gave fewer machines than asked. */
  readonly error?: { readonly code: string | null; readonly message: string };
  readonly exit_code: number;
}

export interface MachineDocument {
  readonly instance_id: string;
  readonly zone: string;
  readonly instance_type: string;
  readonly verdict: 'succeeded' | 'failed' | 'silent' | 'lost';
  /** From EC2's launch time to the verdict's marker; null without one. */
  readonly boot_ms: number | null;
  readonly steps: readonly { readonly name: string; readonly status: number; readonly ms: number }[];
  readonly failure?: {
    readonly step: string | null;
    readonly status: number | null;
    readonly first_error: string | null;
    readonly excerpt: readonly string[];
    readonly reason?: string;
  };
}
