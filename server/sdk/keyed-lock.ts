/** Runs work under one key one after the other, in the order asked; different keys do not wait for each other. */
export class KeyedLock {
  private readonly tails = new Map<string, Promise<void>>();

  async run<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.tails.get(key);
    let release: () => void = () => undefined;
    const own = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.tails.set(key, own);
    try {
      await before;
      return await work();
    } finally {
      release();
      if (this.tails.get(key) === own) this.tails.delete(key);
    }
  }
}
