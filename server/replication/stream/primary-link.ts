import type { Clock } from "../../sdk/clock";
import type { Logger } from "../../sdk/logger";
import type { Random } from "../../sdk/random";
import type { ClientCredentials, FrameChannel, PeerConnection, Transport } from "../../sdk/transport";
import { TransportClosed } from "../../sdk/transport";
import { Backoff } from "./backoff";

const DIAL_MILLISECONDS = 5_000;

export type ConnectionState = "idle" | "connecting" | "ready" | "transient_failure" | "shutdown";

export interface LinkDependencies {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly setId: string;
  readonly credentials: ClientCredentials;
  /** In the order to try them. Asked before every round. */
  addresses(): readonly string[];
  /**
   * Uses one connection until it is of no more use. `stood` is to be called once the primary has accepted us: it ends the
   * growth of the pauses. Resolves `true`: we are done for good.
   */
  session(connection: PeerConnection, stood: () => void): Promise<boolean>;
}

/** A secondary's way to its primary: dials, lets one session use the connection, and dials again. */
export class PrimaryConnector {
  state: ConnectionState = "idle";
  /** Why the last attempt failed, for the log and for error texts. */
  lastFailure = "";
  /** The address that answered last. */
  address: string | undefined;
  private connection: PeerConnection | undefined;
  /** Why each address failed last: a failure that goes on is told once. */
  private readonly toldFailures = new Map<string, string>();
  private readonly stopping = new AbortController();
  private pause: AbortController | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly deps: LinkDependencies) {}

  start(): void {
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort(new TransportClosed("replication was stopped"));
    this.pause?.abort();
    this.connection?.destroy();
    this.state = "shutdown";
    await this.running;
  }

  /** Ends the pause between two attempts. */
  kick(): void {
    this.pause?.abort();
  }

  /** @throws TransportClosed where there is no connection */
  async open(kind: string): Promise<FrameChannel> {
    if (this.connection === undefined) throw new TransportClosed(this.lastFailure || "not connected to the primary");
    return this.connection.openAtOnce?.(kind) ?? (await this.connection.open(kind));
  }

  private async run(): Promise<void> {
    const backoff = new Backoff(this.deps.random);
    while (!this.stopping.signal.aborted) {
      for (const address of this.deps.addresses()) {
        if (this.stopping.signal.aborted) return;
        if (await this.attempt(address, backoff)) return;
      }
      await this.rest(backoff.next());
    }
  }

  /** @returns whether the session said that it is done for good */
  private async attempt(address: string, backoff: Backoff): Promise<boolean> {
    this.state = "connecting";
    try {
      this.connection = await this.dial(address);
      this.address = address;
      return await this.deps.session(this.connection, () => {
        this.state = "ready";
        this.lastFailure = "";
        this.toldFailures.clear();
        this.deps.logger.log("info", "connected to the primary", { address, set: this.deps.setId });
        backoff.reset();
      });
    } catch (error) {
      this.lastFailure = error instanceof Error ? error.message : "unknown failure";
      if (!this.stopping.signal.aborted) {
        this.tellFailure(address, this.lastFailure);
      }
      return false;
    } finally {
      this.connection?.destroy();
      this.connection = undefined;
      if (!this.stopping.signal.aborted) this.state = "transient_failure";
    }
  }

  private tellFailure(address: string, reason: string): void {
    const level = this.toldFailures.get(address) === reason ? "debug" : "warn";
    this.toldFailures.set(address, reason);
    this.deps.logger.log(level, "connection to the primary failed", { address, reason, set: this.deps.setId });
  }

  private async dial(address: string): Promise<PeerConnection> {
    return await dialWithin(this.deps, address, this.stopping.signal);
  }

  private async rest(milliseconds: number): Promise<void> {
    this.pause = new AbortController();
    const signal = AbortSignal.any([this.stopping.signal, this.pause.signal]);
    await this.deps.clock.sleep(milliseconds, signal).catch(() => undefined);
    this.pause = undefined;
  }
}

/** Dials with a time limit. @throws TransportClosed */
export async function dialWithin(
  deps: Pick<LinkDependencies, "transport" | "clock" | "setId" | "credentials">,
  address: string,
  signal?: AbortSignal,
): Promise<PeerConnection> {
  const limit = new AbortController();
  const timer = deps.clock.setTimer(DIAL_MILLISECONDS, () => limit.abort());
  try {
    return await deps.transport.dial({
      address,
      setId: deps.setId,
      credentials: deps.credentials,
      signal: signal === undefined ? limit.signal : AbortSignal.any([signal, limit.signal]),
    });
  } finally {
    timer.cancel();
  }
}
