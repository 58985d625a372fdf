import type { FaultCluster } from "./fault-cluster";
import type { ReplicaPair } from "./replica-pair";

const PAUSE_MILLISECONDS = 25;
/** After a failure: nothing is gained by asking a cluster that is down at full speed. */
const FAILED_MILLISECONDS = 120;
const ANSWER_MILLISECONDS = 5_000;

/** Tokens of clients, per cluster. */
export interface ClientTokens {
  of(cluster: FaultCluster): Promise<string>;
}

interface Writer {
  readonly path: string;
  /** Last version that was acknowledged, and the highest that was sent: what is stored lies between the two. */
  acknowledged: number;
  sent: number;
}

/**
 * Clients that write versions by check-and-set to whoever shall be the primary, and know what was acknowledged to them.
 * A write without an answer is uncertain until the next one shows what became of it.
 */
export class WriteLedger {
  private readonly writers: Writer[];
  private running: Promise<unknown> | undefined;
  private over = false;
  acknowledgements = 0;

  constructor(
    private readonly name: string,
    private readonly target: () => FaultCluster,
    private readonly tokens: ClientTokens,
    writers = 2,
  ) {
    this.writers = Array.from({ length: writers }, (_, at) => ({
      path: `${name}-${at}`,
      acknowledged: 0,
      sent: 0,
    }));
  }

  start(): void {
    if (this.running !== undefined) return;
    this.over = false;
    this.running = Promise.all(this.writers.map((writer) => this.write(writer)));
  }

  /** Resolves when no write is under way any more. */
  async stop(): Promise<void> {
    this.over = true;
    await this.running;
    this.running = undefined;
  }

  /** Everything that was acknowledged is there, with its own value. @throws what is missing */
  async check(cluster: FaultCluster): Promise<void> {
    for (const writer of this.writers) {
      // The writer may be at work: what is acknowledged after the question need not be in the answer.
      const { acknowledged } = writer;
      const stored = await this.storedVersion(cluster, writer);
      if (stored < acknowledged || stored > writer.sent) {
        const range = `acknowledged ${acknowledged}, sent ${writer.sent}`;
        throw new Error(`${this.name}: ${writer.path} on ${cluster.name} is at version ${stored}, ${range}`);
      }
      if (stored === 0) continue;
      const answer = await this.send(cluster, "GET", `secret/data/${writer.path}?version=${stored}`);
      const value = (answer.body.data?.data as { readonly n?: unknown } | undefined)?.n;
      if (value !== stored) {
        const shown = `${answer.status} ${answer.text.trim()}`;
        throw new Error(`${writer.path} on ${cluster.name}: asked for version ${stored}, the answer was ${shown}`);
      }
    }
  }

  private async write(writer: Writer): Promise<void> {
    let known: number | undefined;
    while (!this.over) {
      try {
        known ??= await this.storedVersion(this.target(), writer);
        // Somebody answered who does not have it yet.
        if (known < writer.acknowledged) throw new Error("stale");
        writer.sent = Math.max(writer.sent, known + 1);
        const body = { data: { n: known + 1 }, options: { cas: known } };
        const answer = await this.send(this.target(), "POST", `secret/data/${writer.path}`, body);
        if (answer.status !== 200) throw new Error(answer.text);
        known = Number(answer.body.data?.version);
        writer.acknowledged = known;
        this.acknowledgements += 1;
      } catch {
        known = undefined;
      }
      const pause = known === undefined ? FAILED_MILLISECONDS : PAUSE_MILLISECONDS;
      await new Promise((settle) => setTimeout(settle, pause));
    }
  }

  private async storedVersion(cluster: FaultCluster, writer: Writer): Promise<number> {
    const answer = await this.send(cluster, "GET", `secret/metadata/${writer.path}`);
    if (answer.status === 404) return 0;
    if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
    return Number(answer.body.data?.current_version);
  }

  private async send(cluster: FaultCluster, method: string, path: string, body?: unknown) {
    const token = await this.tokens.of(cluster);
    return await cluster.api.send(method, path, body, { token, timeoutMilliseconds: ANSWER_MILLISECONDS });
  }
}

/**
 * Of a pair: a DR set's clusters share their tokens, a performance secondary has its own until its data is replaced. A refusal is
 * no reason to log in again: a token that was given has to be good through every kill, failover and comparison.
 */
export function clientTokens(pair: ReplicaPair): ClientTokens {
  if (pair.mode === "dr") return { of: () => Promise.resolve(pair.rootToken) };
  const known = new Map<FaultCluster, { readonly token: string; readonly dataGeneration: number }>();
  return {
    async of(cluster) {
      const before = known.get(cluster);
      const { dataGeneration } = cluster;
      if (before?.dataGeneration === dataGeneration) return before.token;
      const token = await cluster.login();
      known.set(cluster, { token, dataGeneration });
      return token;
    },
  };
}
