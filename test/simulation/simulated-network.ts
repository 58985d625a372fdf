import type {
  DialOptions,
  Peer,
  PeerConnection,
  Transport,
  TransportGate,
  TransportListener,
} from "../../server/sdk/transport";
import { parseClusterAddress, TransportClosed } from "../../server/sdk/transport";
import type { Owner, Scheduler } from "./scheduler";
import type { SeededRandom } from "./seeded-random";
import { fingerprintOf, isIssuedBy } from "./simulated-certificates";
import { Link } from "./simulated-link";
import { never } from "./simulated-storage";

/** A running process as the network sees it. */
export interface NetworkHost extends Owner {
  readonly name: string;
}

export interface TappedFrame {
  readonly from: string;
  readonly to: string;
  readonly kind: string;
  readonly bytes: Buffer;
}

const USUAL_LATENCY_MILLISECONDS = 4;

interface Listening {
  readonly host: NetworkHost;
  readonly gate: TransportGate;
}

/**
 * The network between the clusters, as TCP and TLS show it: frames of one channel arrive in order or not at all; channels
 * overtake each other; a lost packet is a delay or the end of a connection; each direction fails on its own; either end may
 * believe in a connection that the other end has lost.
 */
export class SimulatedNetwork {
  private readonly listening = new Map<string, Listening>();
  private readonly links = new Set<Link>();
  /** `from>to`: nothing gets through. */
  private readonly blocked = new Set<string>();
  /** Processes whose machine is gone too. */
  private readonly silent = new Set<NetworkHost>();
  /** Milliseconds a frame takes at most. */
  latencyMilliseconds = USUAL_LATENCY_MILLISECONDS;
  usualLatencyMilliseconds = USUAL_LATENCY_MILLISECONDS;
  /** Share of frames that are lost once and sent again. */
  lossShare = 0;
  /** Share of connections that the server sees twice, the first one dead from the start. */
  duplicateShare = 0;
  /** Sees every frame when it is sent. */
  tap: (frame: TappedFrame) => void = () => undefined;
  /** A fault had an effect on a frame or a connection: by its name in the coverage. */
  felt: (effect: string) => void = () => undefined;
  /** Sees every frame when its receiver takes it. */
  taken: (frame: TappedFrame) => void = () => undefined;

  constructor(
    readonly scheduler: Scheduler,
    readonly random: SeededRandom,
  ) {}

  transportOf(host: NetworkHost): Transport {
    return {
      listen: (address, port, gate) => this.listen(host, `${address}:${port}`, port, gate),
      dial: (options) => this.dial(host, options),
    };
  }

  block(from: string, to: string): void {
    this.blocked.add(`${from}>${to}`);
  }

  /** Everything gets through again; what was held up arrives now, or its connection turns out to be dead. */
  unblockAll(): void {
    this.blocked.clear();
    for (const link of this.links) link.resume();
  }

  isBlocked(from: string, to: string): boolean {
    return this.blocked.has(`${from}>${to}`);
  }

  /** Whether there is a connection that something could happen to. */
  get hasConnections(): boolean {
    return this.links.size > 0;
  }

  /** Whether the two have a later connection than this one. */
  hasLater(link: Link): boolean {
    const all = [...this.links];
    return all
      .slice(all.indexOf(link) + 1)
      .some(({ client, server }) => client === link.client && server === link.server);
  }

  /** Ends some connections that stand. */
  reset(share: number, oneSided: boolean): void {
    for (const link of [...this.links]) {
      if (!this.random.chance(share)) continue;
      this.felt(oneSided ? "connections lost at one end" : "connections lost at both ends");
      if (oneSided) link.breakEnd(this.random.chance(0.5) ? "client" : "server");
      else link.breakBoth();
    }
  }

  /** From now on some connections are slow. @returns them */
  lagBehind(share: number, lagMilliseconds: number): readonly Link[] {
    const late = [...this.links].filter(() => this.random.chance(share));
    for (const link of late) link.lagMilliseconds = lagMilliseconds;
    return late;
  }

  /** The process is gone: its peers learn of it, or find out by themselves. */
  died(host: NetworkHost, silently: boolean): void {
    for (const [address, { host: owner }] of this.listening) if (owner === host) this.listening.delete(address);
    if (silently) this.silent.add(host);
    for (const link of [...this.links]) {
      const end = link.endOf(host);
      if (end !== undefined && !silently) link.closeFrom(end);
    }
  }

  /** Whether frames to a dead process are answered by its machine. */
  answersForTheDead(host: NetworkHost): boolean {
    return !this.silent.has(host);
  }

  /** One-way time of a frame. */
  delay(): number {
    const resent = this.random.chance(this.lossShare) ? this.random.between(40, 900) : 0;
    if (resent > 0) this.felt("packets lost and sent again");
    return this.random.between(0.2, this.latencyMilliseconds) + resent;
  }

  forget(link: Link): void {
    this.links.delete(link);
  }

  private listen(host: NetworkHost, address: string, port: number, gate: TransportGate): Promise<TransportListener> {
    if (!host.alive) return never();
    const present = this.listening.get(address);
    if (present?.host.alive) return Promise.reject(new Error(`address ${address} in use`));
    this.listening.set(address, { host, gate });
    const close = (): Promise<void> => {
      if (this.listening.get(address)?.host === host) this.listening.delete(address);
      for (const link of [...this.links]) if (link.server === host) link.closeFrom("server");
      return Promise.resolve();
    };
    return Promise.resolve({ host: "127.0.0.1", port, close });
  }

  private async dial(client: NetworkHost, options: DialOptions): Promise<PeerConnection> {
    if (!client.alive) return await never();
    const parsed = parseClusterAddress(options.address);
    if (parsed === undefined) throw new TransportClosed(`${options.address}: not an address`);
    const address = `${parsed.host}:${parsed.port}`;
    return await new Promise((resolve, reject) => {
      const abort = (): void => reject(new TransportClosed(`${address}: timed out`));
      options.signal.addEventListener("abort", abort, { once: true });
      if (options.signal.aborted) abort();
      const answer = (settle: () => void): void => {
        this.scheduler.after(this.delay(), client, `dialled ${client.name} ${address}`, () => {
          options.signal.removeEventListener("abort", abort);
          if (!options.signal.aborted) settle();
        });
      };
      const server = this.listening.get(address)?.host;
      if (server === undefined) answer(() => reject(new TransportClosed(`${address}: connection refused`)));
      else if (!this.isCut(client.name, server.name)) {
        this.scheduler.after(this.delay() * 2, server, `dial ${client.name} ${address}`, () => {
          try {
            const connection = this.handshake(client, address, options);
            answer(() => resolve(connection));
          } catch (error) {
            answer(() => reject(error));
          }
        });
      }
    });
  }

  private isCut(left: string, right: string): boolean {
    return this.isBlocked(left, right) || this.isBlocked(right, left);
  }

  private handshake(client: NetworkHost, address: string, options: DialOptions): PeerConnection {
    const listening = this.listening.get(address);
    if (listening === undefined || !listening.host.alive) throw new TransportClosed(`${address}: connection refused`);
    const { gate, host } = listening;
    const shown = gate.credentialsOf(options.setId);
    if (shown === undefined) throw new TransportClosed(`${address} is not the primary of the set`);
    const { credentials } = options;
    const authority = credentials.authorityCertificate;
    if (shown.authorityCertificate !== authority || !isIssuedBy(credentials.certificate, shown.authorityCertificate)) {
      gate.refused("unknown_authority", client.name);
      throw new TransportClosed("certificate of an unknown authority");
    }
    const peer = { setId: options.setId, fingerprint: fingerprintOf(credentials.certificate), address: client.name };
    if (!gate.admits(peer)) {
      gate.refused("not_a_member", client.name);
      throw new TransportClosed("peer closed the connection");
    }
    if (this.random.chance(this.duplicateShare)) {
      this.felt("connections that the server saw twice");
      this.connect(client, host, gate, peer).breakEnd("client");
    }
    return this.connect(client, host, gate, peer).connectionOf("client");
  }

  private connect(client: NetworkHost, host: NetworkHost, gate: TransportGate, peer: Peer): Link {
    const link = new Link(this, client, host, gate, peer);
    this.links.add(link);
    gate.connected(link.connectionOf("server"));
    return link;
  }
}
