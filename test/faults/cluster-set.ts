import { FaultCluster, type FaultClusterOptions, type Mode } from "./fault-cluster";
import { prepareClients } from "./prepared-clients";

/** Who follows whom. */
export interface Link {
  readonly upper: FaultCluster;
  readonly lower: FaultCluster;
  readonly mode: Mode;
}

/** Several real servers that replicate to each other; who plays which part changes with each failover. */
export abstract class ClusterSet {
  private readonly operationTokens = new Map<FaultCluster, string>();

  protected constructor(readonly all: readonly FaultCluster[]) {}

  /** Who shall follow whom now. */
  protected abstract links(): readonly Link[];

  async destroy(): Promise<void> {
    await Promise.all(this.all.map((cluster) => cluster.destroy()));
  }

  /** Initializes all of them; `primary` gets what clients and operators need, and is made primary of both modes. */
  protected async initialize(primary: FaultCluster): Promise<void> {
    for (const cluster of this.all) cluster.useToken((await cluster.server.initialize()).rootToken);
    await prepareClients(primary);
    for (const mode of ["performance", "dr"]) await primary.admin("POST", `sys/replication/${mode}/primary/enable`);
  }

  /** A batch token that `dr` accepts while `source` is its primary, and afterwards. */
  protected async makeOperationToken(dr: FaultCluster, source: FaultCluster): Promise<void> {
    const body = { policies: ["administrator"], ttl: "2h" };
    const created = await source.admin("POST", "auth/token/create/operator", body);
    const token = String(created.auth?.client_token);
    this.operationTokens.set(dr, token);
    this.operationTokens.set(source, token);
  }

  async activationToken(id: string, primary: FaultCluster, mode: Mode): Promise<string> {
    const answer = await primary.admin("POST", `sys/replication/${mode}/primary/secondary-token`, { id });
    return String(answer.wrap_info?.token);
  }

  protected async follow(cluster: FaultCluster, primary: FaultCluster, mode: Mode): Promise<void> {
    await cluster.admin("POST", `sys/replication/${mode}/secondary/enable`, {
      token: await this.activationToken(cluster.name, primary, mode),
      primary_api_addr: primary.api.address,
    });
  }

  /** A call of `sys/replication/dr/secondary/`. */
  async onDr(cluster: FaultCluster, call: string, body: Readonly<Record<string, unknown>> = {}): Promise<void> {
    await cluster.api.must("POST", `sys/replication/dr/secondary/${call}`, {
      ...body,
      dr_operation_token: this.operationTokens.get(cluster),
    });
  }

  /** The old DR primary, which is fenced, follows its successor. May be repeated where it failed on the way. */
  async returnAsDr(old: FaultCluster, successor: FaultCluster): Promise<void> {
    await this.until(`${old.name} was told`, async () => {
      const { mode, state } = await old.status("dr");
      return mode === "secondary" || state === "fenced";
    });
    // With a token from before: a cluster that may not write can give no new one.
    if ((await old.status("dr")).mode === "primary") await old.admin("POST", "sys/replication/dr/primary/demote");
    if (await this.streams(old, "dr")) return;
    await this.onDr(old, "update-primary", {
      token: await this.activationToken(old.name, successor, "dr"),
      primary_api_addr: successor.api.address,
    });
  }

  protected async streams(cluster: FaultCluster, mode: Mode): Promise<boolean> {
    return (await cluster.status(mode)).state === "stream-wals";
  }

  /** What is not yet as it shall be; undefined: all followers stream and hold what they should. */
  private async difference(): Promise<string | undefined> {
    for (const { upper, lower, mode } of this.links()) {
      const [ours, theirs] = [await upper.status(mode), await lower.status(mode)];
      if (ours.mode !== "primary" || ours.state !== "running") {
        return `${upper.name} is ${mode} ${String(ours.mode)}, ${String(ours.state)}`;
      }
      if (theirs.state !== "stream-wals") {
        return `${lower.name} is ${mode} ${String(theirs.mode)}, ${String(theirs.state)}`;
      }
      if (theirs.merkle_root !== ours.merkle_root) return `${lower.name} differs from ${upper.name} in ${mode} mode`;
    }
    return undefined;
  }

  /** Everybody follows whom they should and holds the same. */
  async settled(timeoutMilliseconds?: number): Promise<void> {
    let difference: string | undefined = "not asked";
    await this.until(
      () => difference ?? "",
      async () => {
        difference = await this.difference();
        return difference === undefined;
      },
      timeoutMilliseconds,
    );
  }

  async until(what: string | (() => string), holds: () => Promise<boolean>, milliseconds = 60_000): Promise<void> {
    const end = performance.now() + milliseconds;
    let last = "";
    while (performance.now() < end) {
      const held = await holds().catch((error: Error) => {
        last = error.message;
        return false;
      });
      if (held) return;
      await new Promise((settle) => setTimeout(settle, 40));
    }
    const name = typeof what === "string" ? what : what();
    throw new Error(`still: ${name} ${last}\n${await this.report()}`);
  }

  /** For failure messages. */
  report(): Promise<string> {
    return reportOf(this.all, ["performance", "dr"]);
  }
}

/** As many servers as there are names, or none. */
export async function startClusters(
  names: readonly string[],
  options: FaultClusterOptions,
): Promise<readonly FaultCluster[]> {
  const begun = await Promise.allSettled(names.map((name) => FaultCluster.start(name, options)));
  const all = begun.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  if (all.length === names.length) return all;
  await Promise.all(all.map((cluster) => cluster.destroy()));
  throw begun.find((one) => one.status === "rejected")?.reason;
}

/** What each says of itself, and the end of its log. */
export async function reportOf(clusters: readonly FaultCluster[], modes: readonly Mode[]): Promise<string> {
  const parts: string[] = [];
  for (const cluster of clusters) {
    parts.push(`== ${cluster.name}`);
    for (const mode of modes) {
      const status = await cluster.status(mode).catch((error: Error) => error.message);
      parts.push(JSON.stringify(status));
    }
    parts.push(cluster.server.log.split("\n").slice(-25).join("\n"));
  }
  return parts.join("\n");
}
