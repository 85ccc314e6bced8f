/** Private addresses of the default subnets, each given once; past the end of a /20 they begin again. */
export class Addresses {
  readonly #next = new Map<string, number>();

  /** The next address of the subnet `172.31.<base>.0/20` of a region. EC2 keeps the first four of each subnet. */
  next(region: string, base: number): string {
    const key = `${region} ${base}`;
    const number = this.#next.get(key) ?? FIRST;
    this.#next.set(key, number + 1 === LAST ? FIRST : number + 1);
    return `172.31.${base + (number >> 8)}.${number & 255}`;
  }
}

const FIRST = 4;
const LAST = 4095;
