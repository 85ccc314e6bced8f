/** What the product that starts a cloud brings along. A bundle lies elsewhere than this package, so both are passed in. */
export interface Installation {
  /** Absolute path of this package's folder, which holds the scripts that run in boxes and images. */
  readonly packageFolder: string;
  /** What every image has, unless its overlay brings the same paths. */
  readonly bootstrapper: Bootstrapper;
}

/** The program that runs at the boot of each machine, and what starts it. */
export interface Bootstrapper {
  /** The program's text, for /usr/local/sbin/rolecall-bootstrapper. */
  readonly program: string;
  /** Absolute path of the rc.local that starts it in sandboxes. */
  readonly rcLocal: string;
  /** Absolute path of the systemd unit that starts it in virtual machines. */
  readonly unit: string;
}
