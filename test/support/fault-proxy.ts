import { connect, createServer, type Server, type Socket } from "node:net";
import { SeededRandom } from "../simulation/seeded-random";
import { FaultPipe, type PipeLink, reset } from "./fault-pipe";

/** `up`: from the one who dialled to the target. */
export type Direction = "up" | "down";

/** The state of the network between the one who dials the proxy and its target. */
export interface Conditions {
  /** One way, in each direction: a round trip takes twice as long. */
  readonly delayMilliseconds: number;
  /** Up to so much more, drawn from the seed; the order stays. */
  readonly jitterMilliseconds: number;
  /** Of all connections together, in each direction; undefined: no limit. */
  readonly bytesPerSecond: number | undefined;
  /** What is held arrives when the direction is opened again, as TCP would send it again. */
  readonly up: "open" | "held";
  readonly down: "open" | "held";
  /** What happens to those who dial: black-hole accepts and does no more until the conditions change. */
  readonly admission: "connect" | "black-hole" | "reset" | "refuse";
}

export const CLEAR: Conditions = {
  delayMilliseconds: 0,
  jitterMilliseconds: 0,
  bytesPerSecond: undefined,
  up: "open",
  down: "open",
  admission: "connect",
};

/** Nothing gets through, and nobody is told. */
export const BLACK_HOLE: Partial<Conditions> = { admission: "black-hole", up: "held", down: "held" };

interface Connection {
  readonly caller: Socket;
  readonly target: Socket;
  readonly pipes: readonly FaultPipe[];
}

export interface FaultProxyOptions {
  readonly targetPort: number;
  /** Default: any free one. */
  readonly port?: number;
  readonly seed: number | string;
}

/** A TCP proxy on loopback that does to connections what networks do. Every byte is passed on unaltered or not at all. */
export class FaultProxy {
  readonly bytes: Record<Direction, number> = { up: 0, down: 0 };
  accepted = 0;
  port = 0;
  private conditions = CLEAR;
  private server: Server | undefined;
  private readonly connections = new Set<Connection>();
  /** Accepted, and not connected to the target. */
  private readonly waiting = new Set<Socket>();
  private readonly freeAt: Record<Direction, number> = { up: 0, down: 0 };
  private change = signalOf();
  private readonly random: SeededRandom;

  private constructor(private readonly options: FaultProxyOptions) {
    this.random = new SeededRandom("fault-proxy", options.seed);
  }

  static async open(options: FaultProxyOptions): Promise<FaultProxy> {
    const proxy = new FaultProxy(options);
    await proxy.listen(options.port ?? 0);
    return proxy;
  }

  get address(): string {
    return `https://127.0.0.1:${this.port}`;
  }

  get open(): number {
    return this.connections.size;
  }

  /** Changes what is named and leaves the rest. Connections that stand are subject to it too. */
  async set(changed: Partial<Conditions>): Promise<void> {
    this.conditions = { ...this.conditions, ...changed };
    const { admission } = this.conditions;
    if (admission === "refuse") await this.unlisten();
    else if (this.server === undefined) await this.listen(this.port);
    for (const caller of [...this.waiting]) this.admit(caller);
    const { settle } = this.change;
    this.change = signalOf();
    settle();
    for (const { pipes } of this.connections) for (const pipe of pipes) pipe.notify();
  }

  /** Everything is as if nothing had ever been wrong. */
  clear(): Promise<void> {
    return this.set(CLEAR);
  }

  /** Ends every connection by RST, to both sides. */
  reset(): void {
    for (const { caller, target } of this.connections) {
      reset(caller);
      reset(target);
    }
    for (const caller of this.waiting) reset(caller);
  }

  /** One side of every connection is gone and the other is not told: what it sends is read by nobody. */
  halfOpen(gone: "caller" | "target"): void {
    for (const { caller, target, pipes } of this.connections) {
      for (const pipe of pipes) pipe.stop();
      const [lost, kept] = gone === "caller" ? [caller, target] : [target, caller];
      reset(lost);
      kept.pause();
    }
  }

  resetCounts(): void {
    this.bytes.up = 0;
    this.bytes.down = 0;
  }

  async close(): Promise<void> {
    this.reset();
    await this.unlisten();
    this.change.settle();
  }

  private listen(port: number): Promise<void> {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (caller) => {
      this.accepted += 1;
      caller.on("error", () => undefined);
      this.waiting.add(caller);
      caller.once("close", () => this.waiting.delete(caller));
      this.admit(caller);
    });
    this.server = server;
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", () => {
        const address = server.address();
        if (address !== null && typeof address === "object") this.port = address.port;
        resolve();
      });
    });
  }

  /** Stops listening; connections that stand stay. */
  private unlisten(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (server === undefined) return Promise.resolve();
    // The callback of `close` waits for the connections too; the port is free at once.
    server.close();
    return new Promise((settle) => setImmediate(settle));
  }

  private admit(caller: Socket): void {
    const { admission } = this.conditions;
    if (admission === "black-hole") return;
    this.waiting.delete(caller);
    if (admission === "connect") this.connect(caller);
    else reset(caller);
  }

  private connect(caller: Socket): void {
    const target = connect({
      port: this.options.targetPort,
      host: "127.0.0.1",
      allowHalfOpen: true,
      noDelay: true,
    });
    target.on("error", () => undefined);
    const isSlow = (): boolean => this.conditions.bytesPerSecond !== undefined;
    const pipes = [
      new FaultPipe(caller, target, this.link("up"), isSlow),
      new FaultPipe(target, caller, this.link("down"), isSlow),
    ];
    const connection = { caller, target, pipes };
    this.connections.add(connection);
    const forget = (): void => {
      if (caller.destroyed && target.destroyed) this.connections.delete(connection);
    };
    caller.once("close", forget);
    target.once("close", forget);
    for (const pipe of pipes) pipe.notify();
  }

  private link(direction: Direction): PipeLink {
    let lastDueAt = 0;
    return {
      isHeld: () => this.conditions[direction] === "held",
      drawDelay: () => {
        const { delayMilliseconds, jitterMilliseconds } = this.conditions;
        const now = performance.now();
        const drawn = delayMilliseconds + (jitterMilliseconds > 0 ? this.random.between(0, jitterMilliseconds) : 0);
        lastDueAt = Math.max(lastDueAt, now + drawn);
        return drawn === 0 ? 0 : lastDueAt - now;
      },
      reserve: (bytes) => {
        const { bytesPerSecond } = this.conditions;
        if (bytesPerSecond === undefined) return 0;
        const begin = Math.max(performance.now(), this.freeAt[direction]);
        this.freeAt[direction] = begin + (bytes / bytesPerSecond) * 1000;
        return this.freeAt[direction];
      },
      counted: (bytes) => {
        this.bytes[direction] += bytes;
      },
      changed: () => this.change.happened,
    };
  }
}

function signalOf(): { readonly happened: Promise<void>; readonly settle: () => void } {
  let settle: () => void = () => undefined;
  const happened = new Promise<void>((resolve) => {
    settle = resolve;
  });
  return { happened, settle };
}
