import { reportOf, startClusters } from "./cluster-set";
import type { FaultCluster, Mode } from "./fault-cluster";
import { prepareClients } from "./prepared-clients";

/** Small enough that ten writes of 20 kB leave a secondary behind the log. */
export const SHORT_LOG_BYTES = 131_072;
/** Small enough that what is written on top of it leaves the short log before it is sent. */
export const SHORT_WINDOW_BYTES = 65_536;

export interface PairOptions {
  readonly mode: Mode;
  readonly seed: string;
  readonly replication?: Readonly<Record<string, unknown>>;
  /** Called with the primary before it has a secondary. */
  readonly fill?: (primary: FaultCluster) => Promise<void>;
}

/** Two clusters in one mode. Who is the primary of the two changes; `primary` and `secondary` say who shall be. */
export class ReplicaPair {
  private operationToken = "";
  /** Of the first primary; a DR set's clusters all know it. */
  rootToken = "";

  private constructor(
    readonly mode: Mode,
    public primary: FaultCluster,
    public secondary: FaultCluster,
  ) {}

  static async start({ mode, seed, replication, fill }: PairOptions): Promise<ReplicaPair> {
    const options = { seed, ...(replication === undefined ? {} : { replication }) };
    const [a, b] = await startClusters(["a", "b"], options);
    if (a === undefined || b === undefined) throw new Error("two servers were asked for");
    const pair = new ReplicaPair(mode, a, b);
    try {
      await pair.begin(fill);
    } catch (error) {
      await pair.destroy();
      throw error;
    }
    return pair;
  }

  private async begin(fill: PairOptions["fill"]): Promise<void> {
    const { mode, primary: a, secondary: b } = this;
    const [first, second] = [await a.server.initialize(), await b.server.initialize()];
    this.rootToken = first.rootToken;
    a.useToken(first.rootToken);
    b.useToken(second.rootToken);
    await this.prepare();
    await fill?.(a);
    await a.admin("POST", `sys/replication/${mode}/primary/enable`);
    await this.enableSecondary();
    // The secondary's own tokens went with its data.
    b.useToken(mode === "dr" ? first.rootToken : undefined);
    await this.settled();
  }

  get clusters(): readonly FaultCluster[] {
    return [this.primary, this.secondary];
  }

  async destroy(): Promise<void> {
    await Promise.all(this.clusters.map((cluster) => cluster.destroy()));
  }

  private async prepare(): Promise<void> {
    const { primary: a } = this;
    await prepareClients(a);
    await a.admin("POST", "sys/mounts/other", { type: "kv", options: { version: "2" } });
    const created = await a.admin("POST", "auth/token/create/operator", { policies: ["administrator"], ttl: "2h" });
    this.operationToken = String(created.auth?.client_token);
  }

  // What an operator does.

  async activationToken(): Promise<string> {
    const path = `sys/replication/${this.mode}/primary/secondary-token`;
    return String((await this.primary.admin("POST", path, { id: this.secondary.name })).wrap_info?.token);
  }

  async enableSecondary(): Promise<void> {
    const { mode, primary, secondary } = this;
    const token = await this.activationToken();
    const body = { token, primary_api_addr: primary.api.address };
    await secondary.admin("POST", `sys/replication/${mode}/secondary/enable`, body);
  }

  /** A call of `sys/replication/<mode>/secondary/`, with the operation token where one is needed. */
  async onSecondary(cluster: FaultCluster, call: string, body: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const path = `sys/replication/${this.mode}/secondary/${call}`;
    if (this.mode === "dr") await cluster.api.must("POST", path, { ...body, dr_operation_token: this.operationToken });
    else await cluster.admin("POST", path, body);
  }

  async updatePrimary(): Promise<void> {
    const token = await this.activationToken();
    await this.onSecondary(this.secondary, "update-primary", { token, primary_api_addr: this.primary.api.address });
  }

  async demote(cluster: FaultCluster, target?: string): Promise<void> {
    await cluster.admin("POST", `sys/replication/${this.mode}/primary/demote`, target === undefined ? {} : { target });
  }

  promote(cluster: FaultCluster, force = false): Promise<void> {
    return this.onSecondary(cluster, "promote", { force });
  }

  /** From now on the other one shall be the primary. */
  exchange(): void {
    [this.primary, this.secondary] = [this.secondary, this.primary];
  }

  /** What stands in the way of equality, for messages; undefined: nothing. */
  async difference(): Promise<string | undefined> {
    const [ours, theirs] = [await this.primary.status(this.mode), await this.secondary.status(this.mode)];
    if (ours.mode !== "primary" || ours.state !== "running") {
      return `the primary ${this.primary.name} is ${String(ours.mode)} and ${String(ours.state)}`;
    }
    if (theirs.state !== "stream-wals") {
      return `the secondary ${this.secondary.name} is ${String(theirs.mode)} and ${String(theirs.state)}`;
    }
    if (theirs.cluster_id !== ours.cluster_id) return "they are of two sets";
    return ours.merkle_root === theirs.merkle_root ? undefined : "the roots differ";
  }

  /** The secondary streams and has everything, without anybody's help. */
  async settled(timeoutMilliseconds = 30_000): Promise<void> {
    const until = performance.now() + timeoutMilliseconds;
    let difference: string | undefined;
    do {
      difference = await this.difference().catch((error: Error) => error.message);
      if (difference === undefined) return;
      await new Promise((settle) => setTimeout(settle, 50));
    } while (performance.now() < until);
    throw new Error(`${difference}\n${await this.report()}`);
  }

  /** For failure messages. */
  report(): Promise<string> {
    return reportOf(this.clusters, [this.mode]);
  }
}
