import { rmSync } from "node:fs";
import type { Api, ApiBody } from "../support/api";
import { FaultProxy } from "../support/fault-proxy";
import { eventually, restartablePorts, ServerProcess } from "../support/server-process";

export type Mode = "performance" | "dr";

export interface FaultClusterOptions {
  readonly seed: string;
  /** The block `replication` of the configuration. */
  readonly replication?: Readonly<Record<string, unknown>>;
}

/** The name and password of the administrator that every cluster of a performance set knows. */
export const ADMINISTRATOR = { name: "admin", password: "admin-password" };

/**
 * A snapshot takes the place of all that a performance secondary had, its own tokens too. Told before it does and again after, so
 * that a kill between the two is seen as well.
 */
const REPLACED = /"@message":"(snapshot fetched|bootstrap activated)"/;
const REPLACED_UNASKED = /"@message":"no diff is possible, a snapshot is fetched"/;

/** A real server that opens itself, whose cluster port others only know by a fault proxy's address. */
export class FaultCluster {
  /** Of this cluster's own tokens; given up at the first refusal. */
  private token: string | undefined;
  private replacements = 0;
  private readonly unasked: string[] = [];

  private constructor(
    readonly name: string,
    readonly server: ServerProcess,
    readonly proxy: FaultProxy,
  ) {
    server.onLogLine((line) => {
      if (REPLACED.test(line)) this.replacements += 1;
      if (REPLACED_UNASKED.test(line)) this.unasked.push(line);
    });
  }

  static async start(name: string, options: FaultClusterOptions): Promise<FaultCluster> {
    const port = await restartablePorts(3);
    const proxy = await FaultProxy.open({ targetPort: port + 1, port: port + 2, seed: `${options.seed}/${name}` });
    try {
      const server = await ServerProcess.start({
        name,
        port,
        sealKey: Buffer.alloc(32, name).toString("base64"),
        configuration: { cluster_addr: proxy.address, replication: options.replication ?? {} },
      });
      return new FaultCluster(name, server, proxy);
    } catch (error) {
      await proxy.close();
      throw error;
    }
  }

  get api(): Api {
    return this.server.api;
  }

  /** Changes whenever a snapshot replaces what this cluster has: its own tokens are good for one generation of its data. */
  get dataGeneration(): number {
    return this.replacements;
  }

  /** Log lines of snapshots that nobody had ordered: a comparison would have kept what is this cluster's own. */
  get unaskedSnapshots(): readonly string[] {
    return this.unasked;
  }

  async status(mode: Mode): Promise<Record<string, unknown>> {
    return (await this.api.get(`sys/replication/${mode}/status`, { timeoutMilliseconds: 5_000 })).body.data ?? {};
  }

  /** Calls with a token of this cluster's own administrator, or with one that was given by `useToken`. */
  async admin(method: string, path: string, body?: unknown): Promise<ApiBody> {
    try {
      return await this.adminOnce(method, path, body);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.includes(": 403 ")) throw error;
      // Tokens of its own are gone with the data that a secondary gives up.
      this.token = undefined;
      return await this.adminOnce(method, path, body);
    }
  }

  private async adminOnce(method: string, path: string, body: unknown): Promise<ApiBody> {
    this.token ??= await this.login();
    return await this.api.must(method, path, body, { token: this.token });
  }

  /** What `useToken` gave, while it is valid. */
  get rootToken(): string {
    return this.token ?? "";
  }

  useToken(token: string | undefined): void {
    this.token = token;
  }

  async login(): Promise<string> {
    const { name, password } = ADMINISTRATOR;
    const body = await this.api.must("POST", `auth/userpass/login/${name}`, { password });
    return String(body.auth?.client_token);
  }

  /** Resolves with the first line from now on that the pattern matches. Pauses between attempts to connect are 15 s at most. */
  logged(pattern: RegExp, timeoutMilliseconds = 40_000): { readonly line: Promise<string | undefined>; end(): void } {
    let end: () => void = () => undefined;
    const line = new Promise<string | undefined>((settle) => {
      const stop = this.server.onLogLine((text) => {
        if (pattern.test(text)) found(text);
      });
      const timer = setTimeout(() => found(undefined), timeoutMilliseconds);
      const found = (text: string | undefined): void => {
        clearTimeout(timer);
        stop();
        settle(text);
      };
      end = () => found(undefined);
    });
    return { line, end };
  }

  /** Starts a process that was killed, and waits until it has opened itself. */
  async boot(): Promise<void> {
    await this.server.boot();
    await eventually(`${this.name} is open`, async () => {
      const { body } = await this.api.get("sys/seal-status");
      return body.sealed === false;
    });
  }

  async destroy(): Promise<void> {
    await this.proxy.close();
    await this.server.destroy();
    rmSync(this.server.folder, { recursive: true, force: true });
  }
}
