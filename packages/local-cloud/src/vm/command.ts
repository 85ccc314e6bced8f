import { type Acceleration, processorOptions } from './acceleration.ts';

/** Everything that a machine's QEMU is told. Paths are absolute. */
export interface VmPlan {
  readonly acceleration: Acceleration;
  readonly memoryMib: number;
  readonly vcpus: number;
  /** The image's kernel and initial RAM disk. */
  readonly kernel: string;
  readonly initrd: string;
  /** Further words of the kernel's command line, without spaces. */
  readonly kernelWords: readonly string[];
  readonly instanceId: string;
  readonly instanceType: string;
  readonly privateIp: string;
  /** What the machine reaches: an address of its network, and the name of a Unix socket in QEMU's working folder. */
  readonly services: readonly VmService[];
}

/** A TCP address inside of a machine that leads to a Unix socket outside. */
export interface VmService {
  readonly address: string;
  readonly port: number;
  readonly socket: string;
}

/** The descriptors that QEMU inherits. */
export const DESCRIPTORS = { qmp: 3, disk: 4, exec: [5, 6, 7, 8] } as const;

/**
 * The machine's network. QEMU's user network takes no mask below /4, and addresses of services must lie in the network:
 * this one holds 169.254.0.0/16 (metadata) and 172.16.0.0/12 (private addresses).
 */
const NETWORK = '160.0.0.0/4';

/**
 * Returns the command that runs a machine; everything of it ends with the process that runs this (PR_SET_PDEATHSIG).
 * As root it has no capabilities. `elevateprivileges=deny` isn't possible: QEMU starts the services' relays by setsid(2).
 * @see https://www.qemu.org/docs/master/system/invocation.html
 */
export function vmCommand(plan: VmPlan, root: boolean): readonly string[] {
  return [
    ...['setpriv', '--pdeathsig', 'KILL', '--no-new-privs'],
    ...(root ? ['--bounding-set', '-all', '--inh-caps', '-all'] : []),
    ...['--', 'qemu-system-x86_64', '-name', plan.instanceId],
    ...['-nodefaults', '-no-user-config', '-display', 'none'],
    ...['-sandbox', 'on,obsolete=deny,resourcecontrol=deny'],
    ...machine(plan),
    ...identity(plan),
    ...['-kernel', plan.kernel, '-initrd', plan.initrd, '-append', kernelCommandLine(plan)],
    ...disk(),
    ...network(plan),
    ...['-chardev', 'stdio,id=console,signal=off', '-serial', 'chardev:console'],
    ...['-chardev', `socket,id=qmp,fd=${DESCRIPTORS.qmp}`, '-mon', 'chardev=qmp,mode=control'],
    ...['-device', 'virtio-serial-pci'],
    ...DESCRIPTORS.exec.flatMap((fd, index) => [
      ...['-chardev', `socket,id=exec${index},fd=${fd}`],
      ...['-device', `virtserialport,chardev=exec${index},id=exec${index},name=rolecall.exec.${index}`],
    ]),
    ...['-device', 'virtio-rng-pci'],
    // A shutdown from inside leaves QEMU standing, so that the cloud decides what comes next; it begins when the cloud says so.
    ...['-action', 'shutdown=pause', '-S'],
  ];
}

/** What QEMU emulates for all machines; without graphics, and without the network card's own boot program. */
const machine = ({ acceleration, memoryMib, vcpus }: VmPlan): readonly string[] => [
  ...['-machine', 'pc,graphics=off', ...processorOptions(acceleration)],
  ...['-m', String(memoryMib), '-smp', String(vcpus)],
];

/** cloud-init knows a machine of EC2 by these (DMI): https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/identify_ec2_instances.html */
function identity({ instanceId, instanceType }: VmPlan): readonly string[] {
  const uuid = uuidOf(instanceId);
  return [
    ...['-smbios', 'type=0,vendor=Amazon EC2,version=1.0'],
    ...['-smbios', `type=1,manufacturer=Amazon EC2,product=${instanceType},serial=${uuid},uuid=${uuid}`],
    ...['-smbios', `type=3,manufacturer=Amazon EC2,asset=Amazon EC2`],
  ];
}

/** A UUID that begins with `ec2`, as on EC2, and is the same each time that the machine starts. */
function uuidOf(instanceId: string): string {
  const hex = `ec2${hexOf(instanceId).padStart(29, '0')}`;
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  );
}

const hexOf = (instanceId: string): string => instanceId.replace(/^i-/, '');

/** The machine's own MAC address: locally administered, and the same each time that it starts. */
export const macOf = (instanceId: string): string =>
  ['02', ...(hexOf(instanceId).slice(-10).match(/../g) ?? [])].join(':');

/** As on EC2's images: the serial line is the last console, so it is /dev/console. */
function kernelCommandLine({ acceleration, kernelWords }: VmPlan): string {
  const words = ['root=/dev/vda', 'rw', 'console=tty0', 'console=ttyS0,115200n8', 'net.ifnames=0'];
  return [...words, ...(acceleration === 'tcg' ? TRANSLATED : []), ...kernelWords].join(' ');
}

/**
 * Where QEMU translates code, it does so anew for each address: programs and libraries always lie at the same ones there, and
 * start in a quarter of the time. Of Debian's security modules, TOMOYO and BPF take two seconds to say that nobody uses them.
 */
const TRANSLATED = ['norandmaps', 'lsm=landlock,lockdown,yama,integrity,apparmor'];

/** The machine's own disk: a descriptor of a file that has no name. A lost cloud loses its disks too, so nothing is flushed. */
const disk = (): readonly string[] => [
  ...['-add-fd', `set=1,fd=${DESCRIPTORS.disk}`],
  ...['-blockdev', 'driver=file,node-name=file,filename=/dev/fdset/1,cache.no-flush=on,locking=off'],
  ...['-blockdev', 'driver=qcow2,node-name=root,file=file,cache.no-flush=on,discard=unmap'],
  ...['-device', 'virtio-blk-pci,drive=root'],
];

/** A network that ends at the services; socat is started once a connection, in QEMU's working folder. */
function network({ privateIp, services, instanceId }: VmPlan): readonly string[] {
  const forwards = services.map(
    ({ address, port, socket }) =>
      `guestfwd=tcp:${address}:${port}-cmd:socat -t 60 STDIO UNIX-CONNECT:${socket}`,
  );
  const user = ['user,id=net', `net=${NETWORK}`, `dhcpstart=${privateIp}`, 'restrict=on', 'ipv6=off'];
  return [
    ...['-netdev', [...user, ...forwards].join(',')],
    ...['-device', `virtio-net-pci,netdev=net,id=net,mac=${macOf(instanceId)},romfile=`],
  ];
}
