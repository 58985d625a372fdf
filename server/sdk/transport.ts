/**
 * The cluster port: authenticated connections between clusters, each carrying many independent ordered channels of frames.
 * The real one is HTTP/2 over mutual TLS 1.3 (server/cluster); a simulator puts its own network in its place.
 */

/** Bytes one frame may have. A stored value may be 32 MiB, and a frame carries at least one entry whole. */
export const FRAME_BYTES_MAX = 48 * 1024 * 1024;

/** Channels one connection may have open. */
export const CHANNELS_PER_CONNECTION_MAX = 256;

/** What a replication set's primary shows to those who connect, PEM. */
export interface ServerCredentials {
  readonly authorityCertificate: string;
  readonly certificate: string;
  readonly privateKey: string;
}

/** What a secondary shows to its set's primary, PEM. */
export interface ClientCredentials {
  readonly authorityCertificate: string;
  readonly certificate: string;
  readonly privateKey: string;
}

/** Who is at the other end, proven by the handshake. */
export interface Peer {
  /** `cluster_id` of the replication set that the connection is for. */
  readonly setId: string;
  /** SHA-256 of the peer's certificate (DER), 64 lower-case hex digits. */
  readonly fingerprint: string;
  /** For logs only. */
  readonly address: string;
}

/** An ordered stream of frames in both directions, with backpressure in both. Fails as a whole when the connection does. */
export interface FrameChannel {
  /** What it is for, e.g. `stream`; chosen by the side that opened it. */
  readonly kind: string;
  /** Resolves once there is room for more. One send at a time. @throws TransportClosed */
  send(frame: Buffer): Promise<void>;
  /** The next frame, or undefined after the peer ended its side. One receive at a time. @throws TransportClosed */
  receive(): Promise<Buffer | undefined>;
  /** Says that no more frames will be sent; what was sent still arrives. */
  end(): void;
  /** Drops the channel at once, both ways. */
  destroy(): void;
}

export interface PeerConnection {
  readonly peer: Peer;
  /** @throws TransportClosed */
  open(kind: string): Promise<FrameChannel>;
  /** Drops the connection and all its channels at once. */
  destroy(): void;
  /** Resolves when the connection is gone, whoever ended it. */
  readonly closed: Promise<void>;
}

/** The listening side's say over who may come in. All synchronous: nothing is spent on a stranger. */
export interface TransportGate {
  /** Credentials of the set, undefined where this cluster is not its primary: the handshake fails. */
  credentialsOf(setId: string): ServerCredentials | undefined;
  /** Whether the proven peer is a living member of its set. Refused before a single frame of it is read. */
  admits(peer: Peer): boolean;
  /** A channel that an admitted peer opened. Rejections drop the channel. */
  accept(channel: FrameChannel, peer: Peer): Promise<void>;
  /** A connection stands; lets the gate drop it later (revocation). */
  connected(connection: PeerConnection): void;
  /** A connection was turned away: for the log and the counters. */
  refused(reason: string, address: string): void;
}

export interface TransportListener {
  readonly host: string;
  readonly port: number;
  /** Stops listening and drops every connection. */
  close(): Promise<void>;
}

export interface DialOptions {
  /** `host:port` or `https://host:port`. */
  readonly address: string;
  readonly setId: string;
  readonly credentials: ClientCredentials;
  readonly signal: AbortSignal;
}

export interface Transport {
  /** `port` 0: any free one. */
  listen(host: string, port: number, gate: TransportGate): Promise<TransportListener>;
  /** @throws TransportClosed when the address does not answer, is not the set's primary or does not let us in. */
  dial(options: DialOptions): Promise<PeerConnection>;
}

/** The connection or channel is gone, or never came to be. `message` says why, for logs and operators. */
export class TransportClosed extends Error {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = "TransportClosed";
  }
}

/** Splits `https://host:port`, `host:port` or `[v6]:port`. Undefined when it is none of them. */
export function parseClusterAddress(address: string): { readonly host: string; readonly port: number } | undefined {
  const match = /^(?:https:\/\/)?(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})\/?$/.exec(address);
  const port = Number(match?.[2]);
  const host = match?.[1];
  if (host === undefined || port < 1 || port > 65_535) return undefined;
  return { host: host.startsWith("[") ? host.slice(1, -1) : host, port };
}
