import type { MountContext } from "../../../sdk/mount";

/**
 * Lets the writers of one key take turns in this process, so that they do not make each other's commits conflict. Correctness
 * does not rest on it: commits are conditional.
 */
export class KeyQueue {
  private readonly tails = new Map<string, Promise<void>>();

  async run<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.tails.get(key);
    const result = before === undefined ? work() : before.then(work);
    const tail = result.then(
      () => undefined,
      () => undefined,
    );
    this.tails.set(key, tail);
    try {
      return await result;
    } finally {
      if (this.tails.get(key) === tail) this.tails.delete(key);
    }
  }
}

const queues = new WeakMap<MountContext, KeyQueue>();

/** The queues of a mount's writers; they live as long as its context. */
export function writersOf(context: MountContext): KeyQueue {
  let queue = queues.get(context);
  if (queue === undefined) {
    queue = new KeyQueue();
    queues.set(context, queue);
  }
  return queue;
}
