import type { ImageBuilder, ImageRequest } from './box.ts';

/** An AMI of the local cloud. */
export interface Image extends ImageRequest {
  /** Where its files lie; absent for scripted boxes. */
  readonly root?: string;
  /** Epoch milliseconds. */
  readonly registeredAt: number;
}

/** What an AMI id looks like. */
export const AMI_ID = /^ami-[0-9a-f]{8}([0-9a-f]{9})?$/;

/** The AMIs that machines can be launched from. They are known in every region. */
export class Images {
  readonly #builder: ImageBuilder;
  readonly #known = new Map<string, Image>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(builder: ImageBuilder) {
    this.#builder = builder;
  }

  /** Builds (or finds) an image and makes its AMI known. One at a time: two builds of one id would tread on each other. */
  register(request: ImageRequest, now: number): Promise<{ readonly image: Image; readonly built: boolean }> {
    const work = this.#last.then(async () => {
      const { root, built } = await this.#builder.build(request);
      const image: Image = { ...request, ...(root === undefined ? {} : { root }), registeredAt: now };
      this.#known.set(request.id, image);
      return { image, built };
    });
    this.#last = work.catch(() => undefined);
    return work;
  }

  /** Ends the builds that are under way; resolves when nothing of them is left. */
  async close(): Promise<void> {
    this.#builder.close?.();
    await this.#last;
  }

  list(): Image[] {
    return [...this.#known.values()];
  }

  /** Whether machines of an AMI reach the outside. */
  hasNetwork(id: string): boolean {
    return this.#known.get(id)?.network === true;
  }

  has(id: string): boolean {
    return this.#known.has(id);
  }
}
