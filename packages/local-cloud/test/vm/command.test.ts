import { describe, expect, test } from '@jest/globals';
import { macOf, type VmPlan, vmCommand } from '../../src/vm/command.ts';

const PLAN: VmPlan = {
  acceleration: 'tcg',
  memoryMib: 512,
  vcpus: 1,
  kernel: '/state/image/vmlinuz',
  initrd: '/state/image/initrd.img',
  kernelWords: ['rolecall.s3_port=4566', 'systemd.setenv=AWS_ENDPOINT_URL_S3=http://127.0.0.1:4566'],
  instanceId: 'i-0123456789abcdef0',
  instanceType: 't3.micro',
  privateIp: '172.31.0.4',
  services: [
    { address: '169.254.169.254', port: 80, socket: 'service0' },
    { address: '169.254.169.253', port: 80, socket: 'service1' },
  ],
};

/** The values of an option, in order. */
const valuesOf = (command: readonly string[], option: string): string[] =>
  command.flatMap((word, index) => (command[index - 1] === option ? [word] : []));
const commandOf = (more: Partial<VmPlan> = {}, root = false) => vmCommand({ ...PLAN, ...more }, root);

describe('the command of a virtual machine', () => {
  test('ends with the cloud, gets no more rights, and as root none at all', () => {
    const words = 'setpriv --pdeathsig KILL --no-new-privs';
    expect(commandOf().join(' ')).toContain(`${words} -- qemu-system-x86_64`);
    expect(commandOf({}, true).join(' ')).toContain(
      `${words} --bounding-set -all --inh-caps -all -- qemu-system-x86_64`,
    );
  });

  test('has no device, file or monitor that is not asked for, and listens nowhere', () => {
    const command = commandOf();
    expect(command).toEqual(expect.arrayContaining(['-nodefaults', '-no-user-config', '-S']));
    expect(valuesOf(command, '-sandbox')).toEqual(['on,obsolete=deny,resourcecontrol=deny']);
    expect(valuesOf(command, '-display')).toEqual(['none']);
    expect(valuesOf(command, '-mon')).toEqual(['chardev=qmp,mode=control']);
    // Every character device is a descriptor that the cloud holds the other end of.
    for (const chardev of valuesOf(command, '-chardev'))
      expect(chardev).toMatch(/^(stdio,id=console,signal=off|socket,id=(qmp|exec\d),fd=\d)$/);
    expect(command.join(' ')).not.toMatch(/hostfwd|server=on|tcp:127|vnc/);
  });

  test('reaches its services and nothing else, in a network that holds them and its private address', () => {
    const [netdev = ''] = valuesOf(commandOf(), '-netdev');
    expect(netdev.split(',')).toEqual([
      'user',
      'id=net',
      'net=160.0.0.0/4',
      'dhcpstart=172.31.0.4',
      'restrict=on',
      'ipv6=off',
      'guestfwd=tcp:169.254.169.254:80-cmd:socat -t 60 STDIO UNIX-CONNECT:service0',
      'guestfwd=tcp:169.254.169.253:80-cmd:socat -t 60 STDIO UNIX-CONNECT:service1',
    ]);
    const inNetwork = ({ address }: { address: string }) => Number(address.split('.')[0]) >> 4 === 160 >> 4;
    expect([...PLAN.services, { address: PLAN.privateIp }].every(inNetwork)).toBe(true);
  });

  test('leaves out instructions that QEMU is slow to translate, and limits what it keeps of them', () => {
    const processor = (acceleration: VmPlan['acceleration']) => {
      const command = commandOf({ acceleration });
      return [valuesOf(command, '-accel'), valuesOf(command, '-cpu')].flat();
    };
    expect(processor('tcg')).toEqual(['tcg,tb-size=512', 'max,-erms,-fsrm,-avx,-avx2']);
    expect(processor('kvm')).toEqual(['kvm', 'max']);
  });

  test('has the serial line as its last console, as on EC2, and all that the image is told', () => {
    const [line = ''] = valuesOf(commandOf(), '-append');
    expect(line.split(' ').filter((word) => word.startsWith('console='))).toEqual([
      'console=tty0',
      'console=ttyS0,115200n8',
    ]);
    expect(line).toContain(PLAN.kernelWords.join(' '));
  });

  test('keeps Debian’s address randomisation and security modules where they cost nothing', () => {
    const words = (acceleration: VmPlan['acceleration']) =>
      valuesOf(commandOf({ acceleration }), '-append')[0]?.split(' ');
    expect(words('tcg')).toEqual(expect.arrayContaining(['norandmaps', expect.stringMatching(/^lsm=/)]));
    expect(words('kvm')?.filter((word) => /^(?:lsm|norandmaps)/.test(word))).toEqual([]);
  });

  test('writes to the disk that the cloud has opened, by no name', () => {
    const command = commandOf();
    expect(valuesOf(command, '-add-fd')).toEqual(['set=1,fd=4']);
    expect(valuesOf(command, '-blockdev')[0]).toContain('filename=/dev/fdset/1');
  });

  test('is known to cloud-init as EC2’s, with the same identity each time that it starts', () => {
    const system = (instanceId: string) =>
      valuesOf(commandOf({ instanceId }), '-smbios').find((value) => value.startsWith('type=1'));
    const own = system(PLAN.instanceId);
    expect(own).toMatch(/^type=1,manufacturer=Amazon EC2,product=t3.micro,serial=ec2/);
    expect(own).toMatch(/uuid=ec2[0-9a-f]{5}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(system(PLAN.instanceId)).toBe(own);
    expect(system('i-0123456789abcdef1')).not.toBe(own);
  });

  test('has a MAC address of its own that is no maker’s', () => {
    expect(macOf('i-0123456789abcdef0')).toMatch(/^02(:[0-9a-f]{2}){5}$/);
    expect(macOf('i-0123456789abcdef1')).not.toBe(macOf('i-0123456789abcdef0'));
  });
});
