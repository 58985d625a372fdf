import { X509Certificate } from "node:crypto";
import type {
  DialOptions,
  FrameChannel,
  Peer,
  PeerConnection,
  Transport,
  TransportGate,
  TransportListener,
} from "../../sdk/transport";
import { parseClusterAddress, TransportClosed } from "../../sdk/transport";

/** Sees every frame of every channel, as it is below TLS. */
export type FrameTap = (frame: { readonly toServer: boolean; readonly kind: string; readonly bytes: Buffer }) => void;

interface Pipe {
  readonly frames: Buffer[];
  ended: boolean;
  wake: (() => void) | undefined;
  drain: (() => void) | undefined;
}

const PIPE_FRAMES_MAX = 8;

/** A network inside the process: what a certificate says is compared, frames travel by reference to copies, links can be cut. */
export class LoopbackNetwork {
  private readonly gates = new Map<string, TransportGate>();
  private readonly connections = new Set<LoopbackConnection>();
  private readonly cuts = new Set<string>();
  tap: FrameTap = () => undefined;
  /** A frame travels on once what this answers resolves; those behind it wait too. */
  holding: (frame: Parameters<FrameTap>[0]) => Promise<void> | undefined = () => undefined;
  private nextPort = 20_000;
  /** Dials go on once it resolves: a network that swallows packets. */
  dialling: Promise<void> = Promise.resolve();

  /** The transport of the node that is called `name`. */
  transportOf(name: string): Transport {
    return {
      listen: (host, port, gate) => this.listen(host, port, gate),
      dial: (options) => this.dial(name, options),
    };
  }

  /** Drops the connections from a node to an address and lets no new one stand. */
  cut(from: string, address: string): void {
    this.cuts.add(`${from}>${address}`);
    for (const connection of this.connections) {
      if (connection.route === `${from}>${address}`) connection.destroy();
    }
  }

  mend(from: string, address: string): void {
    this.cuts.delete(`${from}>${address}`);
  }

  isListening(address: string): boolean {
    return this.gates.has(address);
  }

  private listen(host: string, port: number, gate: TransportGate): Promise<TransportListener> {
    const own = port === 0 ? this.nextPort++ : port;
    const address = `${host}:${own}`;
    if (this.gates.has(address)) return Promise.reject(new Error(`address ${address} in use`));
    this.gates.set(address, gate);
    const close = (): Promise<void> => {
      this.gates.delete(address);
      for (const connection of this.connections) if (connection.route.endsWith(`>${address}`)) connection.destroy();
      return Promise.resolve();
    };
    return Promise.resolve({ host, port: own, close });
  }

  private async dial(from: string, options: DialOptions): Promise<PeerConnection> {
    await this.dialling;
    const parsed = parseClusterAddress(options.address);
    const address = parsed === undefined ? options.address : `${parsed.host}:${parsed.port}`;
    const gate = this.gates.get(address);
    const route = `${from}>${address}`;
    if (gate === undefined || this.cuts.has(route)) throw new TransportClosed(`${address}: connection refused`);
    const shown = gate.credentialsOf(options.setId);
    if (shown === undefined) throw new TransportClosed(`${address} is not the primary of the set`);
    if (
      loopbackFingerprint(shown.authorityCertificate) !== loopbackFingerprint(options.credentials.authorityCertificate)
    ) {
      gate.refused("unknown_authority", from);
      throw new TransportClosed("certificate of an unknown authority");
    }
    const fingerprint = loopbackFingerprint(options.credentials.certificate);
    const peer = { setId: options.setId, fingerprint, address: from };
    if (!gate.admits(peer)) {
      gate.refused("not_a_member", from);
      throw new TransportClosed("peer closed the connection");
    }
    const connection = new LoopbackConnection(this, route, gate, peer);
    this.connections.add(connection);
    void connection.closed.then(() => this.connections.delete(connection));
    gate.connected(connection);
    return connection;
  }
}

export function loopbackFingerprint(certificate: string): string {
  return new X509Certificate(certificate).fingerprint256;
}

class LoopbackConnection implements PeerConnection {
  readonly closed: Promise<void>;
  private resolveClosed: () => void = () => undefined;
  private broken = false;
  private readonly pipes = new Set<Pipe>();

  constructor(
    private readonly network: LoopbackNetwork,
    readonly route: string,
    private readonly gate: TransportGate,
    readonly peer: Peer,
  ) {
    this.closed = new Promise((resolve) => {
      this.resolveClosed = resolve;
    });
  }

  get isBroken(): boolean {
    return this.broken;
  }

  open(kind: string): Promise<FrameChannel> {
    if (this.broken || !this.gate.admits(this.peer)) return Promise.reject(new TransportClosed("connection is closed"));
    const [up, down] = [this.pipe(), this.pipe()];
    const tap = (toServer: boolean) => (bytes: Buffer) => {
      this.network.tap({ toServer, kind, bytes });
      return this.network.holding({ toServer, kind, bytes });
    };
    const client = new LoopbackChannel(kind, this, down, up, tap(true));
    const server = new LoopbackChannel(kind, this, up, down, tap(false));
    this.gate.accept(server, this.peer).then(
      () => server.end(),
      () => server.destroy(),
    );
    return Promise.resolve(client);
  }

  destroy(): void {
    this.broken = true;
    for (const pipe of this.pipes) wakeBoth(pipe);
    this.resolveClosed();
  }

  private pipe(): Pipe {
    const pipe = { frames: [], ended: false, wake: undefined, drain: undefined };
    this.pipes.add(pipe);
    return pipe;
  }
}

class LoopbackChannel implements FrameChannel {
  private dropped = false;

  constructor(
    readonly kind: string,
    private readonly connection: LoopbackConnection,
    private readonly incoming: Pipe & { dropped?: boolean },
    private readonly outgoing: Pipe & { dropped?: boolean },
    private readonly tap: (bytes: Buffer) => Promise<void> | undefined,
  ) {}

  async send(frame: Buffer): Promise<void> {
    this.throwIfBroken();
    const bytes = Buffer.from(frame);
    const held = this.tap(bytes);
    if (held !== undefined) {
      await held;
      this.throwIfBroken();
    }
    this.outgoing.frames.push(bytes);
    this.outgoing.wake?.();
    while (this.outgoing.frames.length > PIPE_FRAMES_MAX) {
      await new Promise<void>((resolve) => {
        this.outgoing.drain = resolve;
      });
      this.throwIfBroken();
    }
  }

  async receive(): Promise<Buffer | undefined> {
    for (;;) {
      const frame = this.incoming.frames.shift();
      if (frame !== undefined) {
        this.incoming.drain?.();
        return frame;
      }
      this.throwIfBroken();
      if (this.incoming.ended) return undefined;
      await new Promise<void>((resolve) => {
        this.incoming.wake = resolve;
      });
    }
  }

  end(): void {
    this.outgoing.ended = true;
    this.outgoing.wake?.();
  }

  destroy(): void {
    this.dropped = true;
    this.incoming.dropped = true;
    this.outgoing.dropped = true;
    wakeBoth(this.incoming);
    wakeBoth(this.outgoing);
  }

  private throwIfBroken(): void {
    if (this.connection.isBroken || this.dropped || this.incoming.dropped === true) {
      throw new TransportClosed("channel is closed");
    }
  }
}

function wakeBoth(pipe: Pipe): void {
  pipe.wake?.();
  pipe.drain?.();
}
