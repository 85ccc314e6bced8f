import type { Box } from '../box.ts';
import type { Clock } from '../clock.ts';
import { ExecPort } from './exec-port.ts';
import { type QemuStart, startQemu } from './qemu.ts';
import type { QmpEvent } from './qmp.ts';

const RESET = 'the machine went down, or was reset';

/** The number in an exec port's id. */
const portOf = (id: unknown): number => Number(/^exec(\d)$/.exec(String(id))?.[1] ?? Number.NaN);

/**
 * Switches a machine on.
 * @param networkLateMs how long its network card has no link
 * @throws CloudError when QEMU can't start it
 */
export async function powerOn(
  start: Omit<QemuStart, 'onEvent'>,
  clock: Pick<Clock, 'sleep'>,
  networkLateMs = 0,
): Promise<Box> {
  let reason: 'shutdown' | 'crashed' | 'stopped' = 'crashed';
  /** Called when the machine's system has shut down, in place of switching it off. */
  let onShutDown: (() => void) | undefined;
  let ports: readonly ExecPort[] = [];
  const onEvent = ({ event, data }: QmpEvent): void => {
    if (event === 'VSERPORT_CHANGE' && data?.['open'] === false) ports[portOf(data['id'])]?.lose(RESET);
    if (event !== 'SHUTDOWN' || data?.['guest'] !== true) return;
    if (onShutDown !== undefined) return void onShutDown();
    reason = 'shutdown';
    void qemu.qmp.execute('quit').catch(() => undefined);
  };
  const qemu = await startQemu({ ...start, onEvent });
  ports = qemu.ports.map((port) => new ExecPort(port));
  const ended = qemu.ended.then(() => ({ reason }));
  const stop = async (): Promise<void> => {
    if (reason === 'crashed') reason = 'stopped';
    qemu.kill();
    await ended;
  };
  /** @returns whether `done` or the machine's end came before the time was up */
  const within = async (graceMs: number, done: Promise<unknown>): Promise<boolean> => {
    const waiting = new AbortController();
    const tooLate = clock.sleep(graceMs, waiting.signal).then(() => false);
    const intime = Promise.race([done, ended]).then(() => true);
    const answer = await Promise.race([intime, tooLate]);
    waiting.abort();
    return answer;
  };
  const press = () => qemu.qmp.execute('system_powerdown').catch(() => undefined);
  const reset = async (): Promise<void> => {
    await qemu.qmp.execute('system_reset');
    await qemu.qmp.execute('cont');
  };
  const link = (up: boolean) => qemu.qmp.execute('set_link', { name: 'net', up });
  if (networkLateMs > 0) {
    await link(false);
    void clock.sleep(networkLateMs).then(() => link(true).catch(() => undefined));
  }
  await qemu.qmp.execute('cont');
  return {
    pid: qemu.pid,
    ended,
    stop,
    exec: (client) => {
      const port = ports.find(({ isFree }) => isFree);
      port?.begin(client);
      return port !== undefined;
    },
    power: {
      shutDown: async (graceMs) => {
        onShutDown = undefined;
        await press();
        if (!(await within(graceMs, ended))) await stop();
      },
      reboot: async (graceMs) => {
        const off = new Promise<void>((resolve) => {
          onShutDown = resolve;
        });
        await press();
        await within(graceMs, off);
        // A later request may have another opinion of what a shutdown means.
        onShutDown = undefined;
        await reset().catch(() => undefined);
      },
      reset: () => reset().catch(() => undefined),
    },
  };
}
