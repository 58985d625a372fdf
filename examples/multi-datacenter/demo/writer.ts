import { setTimeout as sleep } from "node:timers/promises";
import { expectSame, expectStatus } from "./expect";
import { at, textAt } from "./json";
import { PRIMARY, STANDBY, type World } from "./world";

const PAUSE_MS = 20;
const RETRY_MS = 10;
const HEALTH_EVERY_MS = 250;
const READERS = 8;

/**
 * A client that writes one secret after another through every failover. It follows the primary by asking for health, tries a
 * write that was not acknowledged again, and never loses one that was.
 */
export class Writer {
  private readonly acknowledgedAtMs: number[] = [];
  private target = PRIMARY;
  private checkedMs = 0;
  private stopping = false;
  private running: Promise<void> = Promise.resolve();

  public constructor(
    private readonly world: World,
    private readonly token: string,
  ) {}

  public get acknowledged(): number {
    return this.acknowledgedAtMs.length;
  }

  public start(): void {
    this.running = this.writeOn();
    // Looked at when it is stopped; until then nobody waits for it.
    this.running.catch(() => undefined);
  }

  public async stop(): Promise<void> {
    this.stopping = true;
    await this.running;
  }

  /** The longest time without an acknowledged write since `sinceMs` of the performance clock. */
  public longestGapMs(sinceMs: number): number {
    const times = this.acknowledgedAtMs.filter((time) => time >= sinceMs);
    return Math.max(0, ...times.map((time, position) => time - (times[position - 1] ?? sinceMs)));
  }

  /** Reads every acknowledged write back. @throws DemoFailure for the first that is not there */
  public async readBack(cluster: string, token: string): Promise<void> {
    const numbers = this.acknowledgedAtMs.keys();
    const reader = async (): Promise<void> => {
      for (const number of numbers) {
        const answer = await this.world.cluster(cluster).get(pathOf(number), token);
        expectStatus(`acknowledged write ${number} at ${cluster}`, answer, 200);
        expectSame(`acknowledged write ${number} at ${cluster}`, at(answer.body, "data", "data", "number"), number);
      }
    };
    await Promise.all(Array.from({ length: READERS }, reader));
  }

  private async writeOn(): Promise<void> {
    while (!this.stopping) {
      const number = this.acknowledgedAtMs.length;
      while (!(await this.tryOnce(number))) {
        if (this.stopping) return;
        await sleep(RETRY_MS);
      }
      this.acknowledgedAtMs.push(performance.now());
      await sleep(PAUSE_MS);
    }
  }

  private async tryOnce(number: number): Promise<boolean> {
    try {
      if (performance.now() - this.checkedMs > HEALTH_EVERY_MS) await this.findPrimary();
      const answer = await this.world.cluster(this.target).post(pathOf(number), { data: { number } }, this.token);
      if (answer.status === 200 || answer.status === 204) return true;
    } catch {
      // Refused or cut off: whoever is primary by now is asked next.
    }
    this.checkedMs = 0;
    return false;
  }

  private async findPrimary(): Promise<void> {
    for (const name of [PRIMARY, STANDBY]) {
      const { status, body } = await this.world.cluster(name).get("sys/health");
      if (status !== 200 || textAt(body, "replication_performance_mode") !== "primary") continue;
      this.target = name;
      this.checkedMs = performance.now();
      return;
    }
  }
}

function pathOf(number: number): string {
  return `secret/data/writer/${number}`;
}
