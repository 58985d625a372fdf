import { FaultProxy } from "../support/fault-proxy";
import { eventually, freePorts, ServerProcess } from "../support/server-process";

export type Mode = "performance" | "dr";

export interface ReplicaSetOptions {
  /** Merged over every server's configuration. */
  readonly configuration?: Readonly<Record<string, unknown>>;
  /** No proxy between the clusters: it takes a processor where much is moved. */
  readonly isDirect?: boolean;
}

const PASSWORD = "bench-password";
const SEAL_KEY = Buffer.alloc(32, 7).toString("base64");

/**
 * A primary and its secondaries, all real processes on loopback with the static seal, one KV version 2 mount at `secret/` and a
 * user who may use it. Everything between the clusters goes through a proxy that delays it.
 */
export class ReplicaSet {
  readonly secondaries: ServerProcess[] = [];

  private constructor(
    readonly primary: ServerProcess,
    readonly proxy: FaultProxy,
    private readonly clusterAddress: string,
    readonly rootToken: string,
    private readonly options: ReplicaSetOptions,
  ) {}

  /** Runs `use` on a fresh set and ends all of its processes. */
  static async with<T>(options: ReplicaSetOptions, use: (set: ReplicaSet) => Promise<T>): Promise<T> {
    const port = await freePorts();
    const proxy = await FaultProxy.open({ targetPort: port + 1, seed: 1 });
    const address = options.isDirect === true ? `https://127.0.0.1:${port + 1}` : proxy.address;
    const configuration = { ...options.configuration, cluster_addr: address };
    const started = await ServerProcess.start({ name: "primary", sealKey: SEAL_KEY, port, configuration }).catch(
      async (error: unknown) => {
        await proxy.close();
        throw error;
      },
    );
    try {
      const { rootToken } = await started.initialize();
      return await new ReplicaSet(started, proxy, address, rootToken, options).run(use);
    } finally {
      await proxy.close();
      await started.destroy();
    }
  }

  private async run<T>(use: (set: ReplicaSet) => Promise<T>): Promise<T> {
    try {
      await this.fill();
      return await use(this);
    } finally {
      for (const secondary of this.secondaries) await secondary.destroy();
    }
  }

  get root() {
    return this.primary.api.with(this.rootToken);
  }

  private async fill(): Promise<void> {
    const { root } = this;
    await root.must("POST", "sys/mounts/secret", { type: "kv", options: { version: "2" } });
    await root.must("PUT", "sys/policies/acl/bench", {
      policy: 'path "secret/*" { capabilities = ["create", "read", "update"] }',
    });
    await root.must("POST", "sys/auth/userpass", { type: "userpass" });
    await root.must("POST", "auth/userpass/users/bench", { password: PASSWORD, token_policies: "bench" });
  }

  /** Delay in each direction between the clusters. */
  async setRoundTrip(milliseconds: number): Promise<void> {
    await this.proxy.set({ delayMilliseconds: milliseconds / 2 });
  }

  async enable(mode: Mode): Promise<void> {
    await this.root.must("POST", `sys/replication/${mode}/primary/enable`, {
      primary_cluster_addr: this.clusterAddress,
    });
  }

  /** A new server that was told to follow the primary; it streams when `streams` resolves. */
  async follow(mode: Mode, id: string): Promise<ServerProcess> {
    const wrapped = await this.root.must("POST", `sys/replication/${mode}/primary/secondary-token`, { id });
    const secondary = await ServerProcess.start({
      name: id,
      sealKey: SEAL_KEY,
      ...(this.options.configuration === undefined ? {} : { configuration: this.options.configuration }),
    });
    this.secondaries.push(secondary);
    const other = await secondary.initialize();
    await secondary.api.with(other.rootToken).must("POST", `sys/replication/${mode}/secondary/enable`, {
      token: (wrapped.wrap_info as { token: string }).token,
      primary_api_addr: this.primary.api.address,
    });
    return secondary;
  }

  async add(mode: Mode, id: string): Promise<ServerProcess> {
    const secondary = await this.follow(mode, id);
    await streams(secondary, mode);
    return secondary;
  }
}

export async function streams(secondary: ServerProcess, mode: Mode, timeoutMilliseconds = 60_000): Promise<void> {
  const isStreaming = async (): Promise<boolean> =>
    (await secondary.api.get(`sys/replication/${mode}/status`)).body.data?.state === "stream-wals";
  await eventually(`${mode} streaming`, isStreaming, timeoutMilliseconds);
}

/** A token of the cluster's own for the user. */
export async function login(server: ServerProcess): Promise<string> {
  return await eventually("a login", async () => {
    const answer = await server.api.post("auth/userpass/login/bench", { password: PASSWORD });
    return answer.status === 200 && String((answer.body.auth as { client_token: string }).client_token);
  });
}

/** A field of the status of a mode, as a number. */
export async function statusNumber(server: ServerProcess, mode: Mode, field: string): Promise<number> {
  return Number((await server.api.get(`sys/replication/${mode}/status`)).body.data?.[field]);
}

/** Tells on the terminal how far a long group is. */
export function tell(text: string): void {
  process.stderr.write(`  ${text}\n`);
}
