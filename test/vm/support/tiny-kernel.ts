/** What a tiny kernel does once it has told that it runs. */
export type TinyDeed =
  /** Nothing, whatever button is pressed. */
  | 'waits'
  /** Switches itself off when the power button is pressed. */
  | 'obeys'
  /** Switches itself off at once. */
  | 'leaves'
  /** Resets itself until it has booted three times, then waits. */
  | 'resets';

/** Where the program lies behind the header, and where it reads the disk's first sector to; offsets within its segment. */
const PROGRAM = 0x80;
const SECTOR = 0x400;
const COM1 = 0x3f8;
/** PIIX4's power management as SeaBIOS sets it up: status, enable and control registers. */
const PM = 0x600;

const word = (value: number): number[] => [value & 0xff, value >> 8];
const movDx = (port: number): number[] => [0xba, ...word(port)];
const movAx = (value: number): number[] => [0xb8, ...word(value)];
/** int 0x13: `ah` 2 reads, 3 writes sector 1 of the first disk. */
const disk = (ah: number): number[] => [
  ...movAx((ah << 8) | 1),
  ...[0xb9, 1, 0], // mov cx, 1
  ...movDx(0x80),
  ...[0xbb, ...word(SECTOR)], // mov bx, SECTOR
  ...[0xcd, 0x13],
];
const print = (text: string): number[] =>
  [...Buffer.from(text, 'latin1')].flatMap((byte) => [...movDx(COM1), 0xb0, byte, 0xee]);
const POWER_OFF = [...movDx(PM + 4), ...movAx(0x2000), 0xef];
/** hlt; jmp back */
const HANG = [0xf4, 0xeb, 0xfd];

function deedOf(deed: TinyDeed): number[] {
  switch (deed) {
    case 'waits':
      return HANG;
    case 'leaves':
      return [...POWER_OFF, ...HANG];
    case 'obeys': {
      const enable = [...movDx(PM + 2), ...movAx(0x0100), 0xef];
      // in ax, dx; test ah, 1; jz back to it
      const pressed = [...movDx(PM), 0xed, 0xf6, 0xc4, 0x01, 0x74, 0xfa];
      return [...enable, ...pressed, ...POWER_OFF, ...HANG];
    }
    case 'resets': {
      const reset = [...movDx(0xcf9), 0xb0, 6, 0xee, ...HANG];
      // cmp byte [SECTOR], 3; jae behind the reset
      return [0x80, 0x3e, ...word(SECTOR), 3, 0x73, reset.length, ...reset, ...HANG];
    }
  }
}

/**
 * A kernel of 2 KB that QEMU loads as Linux: it counts its boots in the disk's first byte, prints `tiny boot N` on the serial
 * line, and does its deed. It boots in less than a second also where nothing but emulation runs it.
 * @see https://docs.kernel.org/arch/x86/boot.html
 */
export function tinyKernel(deed: TinyDeed): Buffer {
  const kernel = Buffer.alloc(2048);
  kernel[0x1f1] = 2; // sectors of set-up code behind the first
  kernel.writeUInt16LE(0xaa55, 0x1fe);
  Buffer.from([0xeb, PROGRAM - 2]).copy(kernel, 0x200); // jmp PROGRAM
  kernel.write('HdrS', 0x202, 'latin1');
  kernel.writeUInt16LE(0x0202, 0x206);
  kernel[0x211] = 1; // loaded high
  const program = [
    ...[0x0e, 0x1f, 0x0e, 0x07], // ds and es are cs
    ...disk(2),
    ...[0xfe, 0x06, ...word(SECTOR)], // inc byte [SECTOR]
    ...disk(3),
    ...print('tiny boot '),
    ...[0xa0, ...word(SECTOR), 0x04, 0x30, 0xee], // mov al, [SECTOR]; add al, '0'; out dx, al
    ...print('\r\n'),
    ...deedOf(deed),
  ];
  Buffer.from(program).copy(kernel, 0x200 + PROGRAM);
  return kernel;
}
