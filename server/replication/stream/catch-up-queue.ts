/** Who waits, and for what it leaves the queue. */
interface Waiting {
  readonly name: string;
  /** @param isTurn false: somebody of the same name came after it */
  readonly resume: (isTurn: boolean) => void;
}

/**
 * Bounds how many secondaries are brought up by a diff or a snapshot at a time: each costs the primary reads of all that it
 * holds. The others wait in the order they came; one of a name at most, so the queue is never longer than the set is large. Of
 * a name there is one turn at most, too: who comes again takes the one over that it had.
 */
export class CatchUpQueue {
  private served = 0;
  private waiting: Waiting[] = [];
  /** Of who has a turn: ends what it is used for. */
  private readonly turns = new Map<string, () => void>();

  constructor(private readonly servedMax: number) {}

  /** 1: the next; 0: it does not wait. */
  positionOf(name: string): number {
    return this.waiting.findIndex((one) => one.name === name) + 1;
  }

  /**
   * Resolves when it is the caller's turn, with the function that gives the turn on (once).
   * @param waits told where in the queue it stands, unless it can begin at once
   * @param ousted called when somebody of the same name has taken the turn over
   * @returns undefined when somebody of the same name came after it
   */
  async enter(
    name: string,
    waits: (position: number) => void,
    ousted: () => void = () => undefined,
  ): Promise<(() => void) | undefined> {
    this.waiting.find((one) => one.name === name)?.resume(false);
    const oust = this.turns.get(name);
    if (oust !== undefined) {
      const turn = this.turn(name, ousted);
      oust();
      return turn;
    }
    if (this.served < this.servedMax) {
      this.served += 1;
      return this.turn(name, ousted);
    }
    return await new Promise((resolve) => {
      const resume = (isTurn: boolean): void => {
        this.waiting = this.waiting.filter((one) => one.resume !== resume);
        resolve(isTurn ? this.turn(name, ousted) : undefined);
      };
      this.waiting.push({ name, resume });
      waits(this.waiting.length);
    });
  }

  private turn(name: string, ousted: () => void): () => void {
    const own = (): void => ousted();
    this.turns.set(name, own);
    return () => {
      // Over already, or somebody else's by now.
      if (this.turns.get(name) !== own) return;
      this.turns.delete(name);
      const [next] = this.waiting;
      // The turn is handed on, not given back: nobody who comes now may overtake who waits.
      if (next === undefined) this.served -= 1;
      else next.resume(true);
    };
  }
}
