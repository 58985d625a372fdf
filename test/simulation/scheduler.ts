import { createHash } from "node:crypto";

/** Whoever events belong to: a running process of a cluster. A dead one gets no event, a paused one gets them later. */
export interface Owner {
  readonly alive: boolean;
  readonly pausedUntilMilliseconds: number;
}

interface ScheduledEvent {
  readonly atMilliseconds: number;
  readonly sequence: number;
  readonly owner: Owner | undefined;
  readonly label: string;
  readonly run: () => void;
  cancelled: boolean;
}

const UNHASHED_CHARACTERS_MAX = 16_384;

/** The world itself: events of the network, of clients and operators. */
export const WORLD: Owner = { alive: true, pausedUntilMilliseconds: 0 };

/**
 * Owns time. Events run one after the other, ordered by their time and then by when they were scheduled; after each one all
 * promises that can settle have settled. Every event goes into the trace hash: two runs of one seed must have the same one.
 */
export class Scheduler {
  nowMilliseconds = 0;
  events = 0;
  private readonly heap: ScheduledEvent[] = [];
  private sequence = 0;
  private readonly hash = createHash("sha256");
  /** Lines of the trace that are not hashed yet. */
  private unhashed = "";
  /** Sees every line of the trace. */
  onTrace: (line: string) => void = () => undefined;
  /** An event comes later than it should, for its process is paused. */
  deferred: () => void = () => undefined;
  /** Runs after every event, when everything has settled. */
  afterEvent: () => void = () => undefined;

  /** @returns the function that takes the event back */
  after(delayMilliseconds: number, owner: Owner, label: string, run: () => void): () => void {
    const event = {
      atMilliseconds: this.nowMilliseconds + Math.max(0, delayMilliseconds),
      sequence: this.sequence++,
      owner,
      label,
      run,
      cancelled: false,
    };
    this.push(event);
    return () => {
      event.cancelled = true;
    };
  }

  /** Resolves after the delay; never, when the owner dies before. */
  sleep(delayMilliseconds: number, owner: Owner = WORLD, label = "sleep"): Promise<void> {
    return new Promise((resolve) => void this.after(delayMilliseconds, owner, label, resolve));
  }

  /** Writes what happened into the trace. */
  trace(line: string): void {
    const full = `${this.nowMilliseconds.toFixed(3)} ${line}\n`;
    this.unhashed += full;
    if (this.unhashed.length > UNHASHED_CHARACTERS_MAX) this.hashTrace();
    this.onTrace(full);
  }

  /** Runs events until `holds` or the time is over. @returns whether it held */
  async runUntil(holds: () => boolean, untilMilliseconds: number): Promise<boolean> {
    await settle();
    while (!holds()) {
      const event = this.pop();
      if (event === undefined) return false;
      if (event.atMilliseconds > untilMilliseconds) {
        this.push(event);
        return false;
      }
      await this.runEvent(event);
    }
    return true;
  }

  /** Hex digest of all that happened so far. */
  traceHash(): string {
    this.hashTrace();
    return this.hash.copy().digest("hex");
  }

  private hashTrace(): void {
    this.hash.update(this.unhashed);
    this.unhashed = "";
  }

  private async runEvent(event: ScheduledEvent): Promise<void> {
    this.nowMilliseconds = Math.max(this.nowMilliseconds, event.atMilliseconds);
    const { owner } = event;
    if (event.cancelled || owner?.alive === false) return;
    if (owner !== undefined && owner.pausedUntilMilliseconds > this.nowMilliseconds) {
      this.deferred();
      this.push({ ...event, atMilliseconds: owner.pausedUntilMilliseconds, sequence: this.sequence++ });
      return;
    }
    this.events += 1;
    this.trace(event.label);
    event.run();
    await settle();
    this.afterEvent();
  }

  private push(event: ScheduledEvent): void {
    const { heap } = this;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || isBefore(above, event)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = event;
  }

  private pop(): ScheduledEvent | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      const [left, right] = [heap[child], heap[child + 1]];
      if (left === undefined) break;
      if (right !== undefined && isBefore(right, left)) child += 1;
      const least = heap[child];
      if (least === undefined || isBefore(last, least)) break;
      heap[at] = least;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(left: ScheduledEvent, right: ScheduledEvent): boolean {
  if (left.atMilliseconds !== right.atMilliseconds) return left.atMilliseconds < right.atMilliseconds;
  return left.sequence < right.sequence;
}

/** All promise jobs that are due run before the next turn of the event loop; nothing here waits for anything real. */
function settle(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
