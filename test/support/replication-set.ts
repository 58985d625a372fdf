import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Api } from "./api";
import { eventually, ServerProcess } from "./server-process";

export type SetMember = "a" | "b" | "d";

export const OPERATOR = { name: "ops", password: "ops-password" } as const;

/**
 * Three real servers: `a` primary of both modes, `b` its performance secondary, `d` its DR secondary. The user `ops` may do
 * everything wherever logins are served; `a` audits to a file per cluster, and with it every cluster of the set.
 */
export class ReplicationSet {
  private constructor(
    readonly servers: Readonly<Record<SetMember, ServerProcess>>,
    /** The root token, on `a`. */
    readonly root: Api,
    /** Recovery shares of `a`, base64: two of three make a quorum, on `d` too. */
    readonly shares: readonly string[],
    private readonly folder: string,
  ) {}

  /** @param prepare what `a` gets before anybody follows it */
  static async start(prepare: (root: Api) => Promise<void> = async () => undefined): Promise<ReplicationSet> {
    const folder = mkdtempSync(join(tmpdir(), "meridian-set-"));
    const start = (name: string) => ServerProcess.start({ name, sealKey: randomBytes(32).toString("base64") });
    const [a, b, d] = await Promise.all([start("a"), start("b"), start("d")]);
    const first = await a.api.must("PUT", "sys/init", { recovery_shares: 3, recovery_threshold: 2 });
    const own = { b: (await b.initialize()).rootToken, d: (await d.initialize()).rootToken };
    const root = a.api.with(String(first.root_token));
    const set = new ReplicationSet({ a, b, d }, root, first.recovery_keys_base64 as readonly string[], folder);
    await set.prepareOperator();
    await prepare(root);
    for (const mode of ["performance", "dr"]) {
      const body = { primary_cluster_addr: a.clusterAddress };
      await root.must("POST", `sys/replication/${mode}/primary/enable`, body);
    }
    await set.join("b", "performance", own.b);
    await set.join("d", "dr", own.d);
    return set;
  }

  async destroy(): Promise<void> {
    for (const server of Object.values(this.servers)) await server.destroy();
    rmSync(this.folder, { recursive: true, force: true });
  }

  auditFile(name: SetMember): string {
    return join(this.folder, `audit-${name}.log`);
  }

  /** A token of `ops` on a cluster that serves logins. */
  async operator(name: "a" | "b"): Promise<Api> {
    const { api } = this.servers[name];
    const answer = await eventually(`a login on ${name}`, async () => {
      const tried = await api.post(`auth/userpass/login/${OPERATOR.name}`, { password: OPERATOR.password });
      return tried.status === 200 && tried;
    });
    return api.with(String(answer.body.auth?.client_token));
  }

  /** A batch token for DR operations with the policy (`dr-operator` may use everything that takes one). */
  async operationToken(policy = "dr-operator", ttl = "1h"): Promise<string> {
    const body = await this.root.must("POST", "auth/token/create/dr-operator", { policies: [policy], ttl });
    return String(body.auth?.client_token);
  }

  async status(name: SetMember, mode: "performance" | "dr"): Promise<Record<string, unknown>> {
    return (await this.servers[name].api.get(`sys/replication/${mode}/status`)).body.data ?? {};
  }

  /** Until the secondary holds everything that `a` wrote before this call. */
  async caughtUp(name: "b" | "d"): Promise<void> {
    const mode = name === "b" ? "performance" : "dr";
    const target = Number((await this.status("a", mode)).last_wal);
    await eventually(
      `${name} caught up`,
      async () => Number((await this.status(name, mode)).last_remote_wal) >= target,
    );
  }

  private async join(name: "b" | "d", mode: "performance" | "dr", ownRoot: string): Promise<void> {
    const wrap = await this.root.must("POST", `sys/replication/${mode}/primary/secondary-token`, { id: name });
    const body = { token: String(wrap.wrap_info?.token), primary_api_addr: this.servers.a.api.address };
    await this.servers[name].api.with(ownRoot).must("POST", `sys/replication/${mode}/secondary/enable`, body);
    await eventually(`${name} streams`, async () => (await this.status(name, mode)).state === "stream-wals", 30_000);
  }

  private async prepareOperator(): Promise<void> {
    const { root } = this;
    const all = 'path "*" { capabilities = ["create", "read", "update", "delete", "list", "sudo"] }';
    await root.must("PUT", "sys/policies/acl/everything", { policy: all });
    await root.must("POST", "sys/auth/userpass", { type: "userpass" });
    const user = { password: OPERATOR.password, token_policies: "everything" };
    await root.must("POST", `auth/userpass/users/${OPERATOR.name}`, user);
    const secondary = 'path "sys/replication/dr/secondary/*" { capabilities = ["read", "update", "delete"] }';
    await root.must("PUT", "sys/policies/acl/dr-operator", { policy: secondary });
    const promote = 'path "sys/replication/dr/secondary/promote" { capabilities = ["update"] }';
    await root.must("PUT", "sys/policies/acl/only-promote", { policy: promote });
    await root.must("POST", "auth/token/roles/dr-operator", {
      token_type: "batch",
      orphan: true,
      renewable: false,
      allowed_policies: "dr-operator,only-promote",
    });
    const file_path = join(this.folder, "audit-{{cluster_name}}.log");
    await root.must("PUT", "sys/audit/file", { type: "file", options: { file_path } });
  }
}
