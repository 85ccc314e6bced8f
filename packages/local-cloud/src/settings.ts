/** The times and sizes of the local cloud: EC2's, shortened where waiting teaches nothing. */
export interface Settings {
  /** From RunInstances to `running`, at least. EC2 takes about 15 s. */
  readonly pendingMs: number;
  /** From `shutting-down` or `stopping` to the end, at least. */
  readonly endingMs: number;
  /** From start or end of a machine until GetConsoleOutput without `Latest` shows its console. EC2: 2 to 5 minutes. */
  readonly postedConsoleMs: number;
  /** How long a terminated machine stays describable. EC2: about an hour. */
  readonly forgetTerminatedMs: number;
  /** How long a virtual machine may take to shut down until its power is cut. EC2: a few minutes. */
  readonly shutdownMs: number;
  /** How long one may take to shut down for a reboot until it is reset. */
  readonly rebootMs: number;
}

export const DEFAULT_SETTINGS: Settings = {
  pendingMs: 150,
  endingMs: 50,
  postedConsoleMs: 120_000,
  forgetTerminatedMs: 3_600_000,
  shutdownMs: 120_000,
  rebootMs: 240_000,
};
