import { ADMINISTRATOR, FaultCluster, type Mode } from "./fault-cluster";

/** Who plays which part now; a failover changes it. */
export interface Parts {
  primary: FaultCluster;
  primaryDr: FaultCluster;
  secondary: FaultCluster;
  secondaryDr: FaultCluster;
}

/** A primary and its DR secondary, a performance secondary and its DR secondary: four real servers. */
export class FourClusters {
  private readonly operationTokens = new Map<FaultCluster, string>();

  private constructor(
    readonly all: readonly FaultCluster[],
    readonly parts: Parts,
  ) {}

  static async start(seed: string): Promise<FourClusters> {
    const begun = await Promise.allSettled(["p", "q", "s", "t"].map((name) => FaultCluster.start(name, { seed })));
    const all = begun.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    const [primary, primaryDr, secondary, secondaryDr] = all;
    if (!primary || !primaryDr || !secondary || !secondaryDr) {
      await Promise.all(all.map((cluster) => cluster.destroy()));
      throw new Error("the servers did not start");
    }
    const four = new FourClusters(all, { primary, primaryDr, secondary, secondaryDr });
    try {
      await four.arrange();
    } catch (error) {
      await four.destroy();
      throw error;
    }
    return four;
  }

  async destroy(): Promise<void> {
    await Promise.all(this.all.map((cluster) => cluster.destroy()));
  }

  private async arrange(): Promise<void> {
    const { primary, primaryDr, secondary, secondaryDr } = this.parts;
    for (const cluster of this.all) cluster.useToken((await cluster.server.initialize()).rootToken);
    await primary.admin("POST", "sys/mounts/secret", { type: "kv", options: { version: "2" } });
    await primary.admin("PUT", "sys/policies/acl/administrator", {
      policy: 'path "*" { capabilities = ["create", "read", "update", "delete", "list", "sudo"] }',
    });
    await primary.admin("POST", "sys/auth/userpass", { type: "userpass" });
    const { name, password } = ADMINISTRATOR;
    await primary.admin("POST", `auth/userpass/users/${name}`, { password, token_policies: "administrator" });
    await primary.admin("POST", "auth/token/roles/operator", {
      token_type: "batch",
      orphan: true,
      renewable: false,
      allowed_policies: "administrator",
    });
    for (const mode of ["performance", "dr"]) await primary.admin("POST", `sys/replication/${mode}/primary/enable`);
    await this.follow(secondary, primary, "performance");
    secondary.useToken(undefined);
    await this.until("the performance secondary streams", () => this.streams(secondary, "performance"));
    await this.follow(primaryDr, primary, "dr");
    await secondary.admin("POST", "sys/replication/dr/primary/enable");
    await this.follow(secondaryDr, secondary, "dr");
    for (const cluster of [primaryDr, secondaryDr]) cluster.useToken(undefined);
    await this.settled();
    for (const [dr, source] of [
      [primaryDr, primary],
      [secondaryDr, secondary],
    ] as const) {
      await this.makeOperationToken(dr, source);
    }
  }

  /** A batch token that `dr` accepts while `source` is its primary, and afterwards. */
  private async makeOperationToken(dr: FaultCluster, source: FaultCluster): Promise<void> {
    const body = { policies: ["administrator"], ttl: "1h" };
    const created = await source.admin("POST", "auth/token/create/operator", body);
    const token = String(created.auth?.client_token);
    this.operationTokens.set(dr, token);
    this.operationTokens.set(source, token);
  }

  async activationToken(id: string, primary: FaultCluster, mode: Mode): Promise<string> {
    const answer = await primary.admin("POST", `sys/replication/${mode}/primary/secondary-token`, { id });
    return String(answer.wrap_info?.token);
  }

  private async follow(cluster: FaultCluster, primary: FaultCluster, mode: Mode): Promise<void> {
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

  /** The old DR primary, which is fenced, follows its successor. */
  async returnAsDr(old: FaultCluster, successor: FaultCluster): Promise<void> {
    await this.until(`${old.name} was told`, async () => (await old.status("dr")).state === "fenced");
    // With a token from before: a cluster that may not write can give no new one.
    await old.admin("POST", "sys/replication/dr/primary/demote");
    await this.onDr(old, "update-primary", {
      token: await this.activationToken(old.name, successor, "dr"),
      primary_api_addr: successor.api.address,
    });
  }

  private async streams(cluster: FaultCluster, mode: Mode): Promise<boolean> {
    return (await cluster.status(mode)).state === "stream-wals";
  }

  /** What is not yet as it shall be; undefined: all three followers stream and hold what they should. */
  private async difference(): Promise<string | undefined> {
    const { primary, primaryDr, secondary, secondaryDr } = this.parts;
    const links: readonly (readonly [FaultCluster, FaultCluster, Mode])[] = [
      [primary, secondary, "performance"],
      [primary, primaryDr, "dr"],
      [secondary, secondaryDr, "dr"],
    ];
    for (const [upper, lower, mode] of links) {
      const [ours, theirs] = [await upper.status(mode), await lower.status(mode)];
      if (ours.mode !== "primary" || ours.state !== "running") {
        return `${upper.name} is ${mode} ${String(ours.mode)}, ${String(ours.state)}`;
      }
      if (theirs.state !== "stream-wals")
        return `${lower.name} is ${mode} ${String(theirs.mode)}, ${String(theirs.state)}`;
      if (theirs.merkle_root !== ours.merkle_root) return `${lower.name} differs from ${upper.name} in ${mode} mode`;
    }
    return undefined;
  }

  /** Everybody follows whom they should and holds the same. */
  async settled(): Promise<void> {
    let difference: string | undefined = "not asked";
    await this.until(
      () => difference ?? "",
      async () => {
        difference = await this.difference();
        return difference === undefined;
      },
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
    throw new Error(`still: ${name} ${last}\n${this.logs()}`);
  }

  private logs(): string {
    return this.all.map(({ name, server }) => `== ${name}\n${server.log.split("\n").slice(-20).join("\n")}`).join("\n");
  }
}
