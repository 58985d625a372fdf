import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Readable } from "node:stream";
import { Api } from "./api";

export interface ServerOptions {
  readonly name?: string;
  /** Kept between restarts; made and removed with the process when left out. */
  readonly folder?: string;
  readonly storage?: "lmdb" | "inmem";
  /** base64 of 32 bytes: the static seal. Left out: shamir. */
  readonly sealKey?: string;
  /** Merged over the configuration that is made. */
  readonly configuration?: Readonly<Record<string, unknown>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly port?: number;
  /** Where the API is reached. @default 127.0.0.1 */
  readonly host?: string;
  /** What the server is started by, for instance to run in another network namespace. */
  readonly command?: readonly string[];
}

export interface Initialized {
  readonly rootToken: string;
  readonly keys: readonly string[];
}

/** How long a server may take to answer, and how much of that one look may be. */
const READY_MILLISECONDS = 15_000;
const LOOK_MILLISECONDS_MAX = 5_000;

/**
 * Two neighbouring free ports on the loopback address (API and cluster). The cluster port is opened long after this, and must
 * not be given to an outgoing connection meanwhile.
 */
export function freePorts(): Promise<number> {
  return restartablePorts(2);
}

/**
 * So many neighbouring free ports below those that the system gives to outgoing connections (from 32768 on): a server that is
 * down for a moment finds its ports free when it returns.
 */
export async function restartablePorts(count: number): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const first = 12_000 + randomInt(20_000);
    const ports = Array.from({ length: count }, (_, at) => tryPort(first + at));
    if ((await Promise.all(ports)).every((port) => port !== undefined)) return first;
  }
  throw new Error("no neighbouring free ports");
}

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((settle) => {
    const server = createServer();
    server.once("error", () => settle(undefined));
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => settle(typeof address === "object" ? address?.port : undefined));
    });
  });
}

/** A real server process on loopback, plain HTTP on the API port. Its log is kept for failure messages. */
export class ServerProcess {
  readonly api: Api;
  log = "";
  private readonly logListeners = new Set<(line: string) => void>();
  private child: ChildProcess | undefined;

  private constructor(
    readonly folder: string,
    readonly port: number,
    private readonly options: ServerOptions,
  ) {
    this.api = new Api(`http://${options.host ?? "127.0.0.1"}:${port}`);
  }

  static async start(options: ServerOptions = {}): Promise<ServerProcess> {
    const folder = options.folder ?? mkdtempSync(join(tmpdir(), "meridian-server-"));
    mkdirSync(folder, { recursive: true });
    const server = new ServerProcess(folder, options.port ?? (await freePorts()), options);
    try {
      await server.boot();
    } catch (error) {
      await server.destroy();
      throw error;
    }
    return server;
  }

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  get isRunning(): boolean {
    const { child } = this;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  get clusterAddress(): string {
    return `https://127.0.0.1:${this.port + 1}`;
  }

  /** Starts the process (again) and waits until it answers. */
  async boot(): Promise<void> {
    this.launch();
    await this.ready();
  }

  /** Starts the process and waits for nothing. */
  launch(): void {
    const file = join(this.folder, "config.json");
    writeFileSync(file, JSON.stringify(this.configuration()));
    const own = [process.execPath, resolve("server/bin/meridian-server"), `-config=${file}`];
    const [program = process.execPath, ...parameters] = [...(this.options.command ?? []), ...own];
    this.child = spawn(program, parameters, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...this.options.environment },
    });
    for (const stream of [this.child.stdout, this.child.stderr]) this.readLog(stream);
  }

  /** Calls `seen` with each line of the log at once, over restarts. @returns the function that ends it */
  onLogLine(seen: (line: string) => void): () => void {
    this.logListeners.add(seen);
    return () => void this.logListeners.delete(seen);
  }

  private readLog(stream: Readable | null): void {
    let rest = "";
    stream?.on("data", (chunk: Buffer) => {
      const text = chunk.toString("utf8");
      this.log += text;
      if (this.log.length > 400_000) this.log = this.log.slice(-200_000);
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) for (const seen of [...this.logListeners]) seen(line);
    });
  }

  private configuration(): Record<string, unknown> {
    const { storage = "lmdb", sealKey, name, configuration } = this.options;
    return {
      listener: [{ tcp: { address: `127.0.0.1:${this.port}`, tls_disable: true } }],
      storage: storage === "inmem" ? { inmem: {} } : { lmdb: { path: join(this.folder, "data") } },
      ...(sealKey === undefined ? {} : { seal: { static: { current_key_id: "test", current_key: sealKey } } }),
      ...(name === undefined ? {} : { cluster_name: name }),
      ...configuration,
    };
  }

  private async ready(): Promise<void> {
    let waitedMilliseconds = 0;
    let longestLookMilliseconds = 0;
    while (waitedMilliseconds < READY_MILLISECONDS) {
      if (this.child?.exitCode !== null && this.child?.exitCode !== undefined) break;
      const begin = performance.now();
      const status = await this.api.get("sys/seal-status", { timeoutMilliseconds: LOOK_MILLISECONDS_MAX }).then(
        (answer) => answer.status,
        () => 0,
      );
      if (status === 200) return;
      await new Promise((settle) => setTimeout(settle, 15));
      const lookMilliseconds = performance.now() - begin;
      longestLookMilliseconds = Math.max(longestLookMilliseconds, lookMilliseconds);
      // More is time in which this process stood still, and with it often the whole machine: it says nothing of the server.
      waitedMilliseconds += Math.min(lookMilliseconds, LOOK_MILLISECONDS_MAX);
    }
    const facts = `${this.processFacts()}, longest look ${Math.round(longestLookMilliseconds)} ms`;
    throw new Error(`the server did not come up (${facts}):\n${this.log}`);
  }

  /** Tells a server that hangs from one that was stopped or never got a processor. */
  private processFacts(): string {
    if (!this.isRunning) return `exited with ${this.child?.exitCode ?? this.child?.signalCode}`;
    try {
      const [, state = "?", ...rest] = /\) (\S) (.*)/s.exec(readFileSync(`/proc/${this.pid}/stat`, "utf8")) ?? [];
      // Ticks of 10 ms in user and system mode: the eleventh and twelfth field after the state.
      const [user, system] = (rest[0] ?? "").split(" ").slice(10, 12).map(Number);
      return `state ${state}, ${((user ?? 0) + (system ?? 0)) * 10} ms of processor time`;
    } catch {
      return "state unknown";
    }
  }

  /** Initialises with one share and unseals. */
  async initialize(): Promise<Initialized> {
    const isStatic = this.options.sealKey !== undefined;
    const numbers = isStatic
      ? { recovery_shares: 1, recovery_threshold: 1 }
      : { secret_shares: 1, secret_threshold: 1 };
    const body = await this.api.must("PUT", "sys/init", numbers);
    const keys = ((body.keys_base64 ?? body.recovery_keys_base64) as string[] | undefined) ?? [];
    if (!isStatic) await this.unseal(keys);
    return { rootToken: String(body.root_token), keys };
  }

  async unseal(keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.api.must("PUT", "sys/unseal", { key });
  }

  /** Ends the process with the signal and waits for its end. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    const { child } = this;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    return new Promise((settle) => {
      child.once("exit", (code) => settle(code));
      child.kill(signal);
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.child?.kill(signal);
  }

  /** Stops the process and removes its folder. */
  async destroy(): Promise<void> {
    this.signal("SIGCONT");
    await this.stop("SIGKILL");
    this.api.close();
    if (this.options.folder === undefined) rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Resolves once `probe` answers something other than undefined or false; names `what` when it never does. */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined | false>,
  timeoutMilliseconds = 20_000,
): Promise<T> {
  const until = Date.now() + timeoutMilliseconds;
  let last: unknown;
  while (Date.now() < until) {
    try {
      const found = await probe();
      if (found !== undefined && found !== false) return found;
    } catch (error) {
      last = error;
    }
    await new Promise((settle) => setTimeout(settle, 20));
  }
  throw new Error(
    `${what} did not happen within ${timeoutMilliseconds} ms${last === undefined ? "" : `: ${String(last)}`}`,
  );
}
