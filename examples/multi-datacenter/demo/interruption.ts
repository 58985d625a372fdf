import { DemoFailure } from "./failure";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** The first Ctrl-C ends the story, so that what was deployed can be taken down; the second one ends the process. */
export class Interruption {
  public happened = false;

  /** @throws DemoFailure when interrupted; what `work` does after that is no longer waited for */
  public async orEndOf(work: Promise<void>): Promise<void> {
    let note: (error: DemoFailure) => void = () => undefined;
    const interrupted = new Promise<never>((_, reject) => {
      note = reject;
    });
    const listen = (signal: NodeJS.Signals): void => {
      if (this.happened) process.exit(1);
      this.happened = true;
      note(new DemoFailure(`interrupted (${signal})`));
    };
    for (const signal of SIGNALS) process.on(signal, listen);
    // A failure that comes after the interruption is nobody's concern.
    work.catch(() => undefined);
    await Promise.race([work, interrupted]);
    for (const signal of SIGNALS) process.off(signal, listen);
  }
}
