/**
 * The cluster port: authenticated connections between clusters, each carrying many independent ordered channels of frames.
 * The real one is HTTP/2 over mutual TLS 1.3 (server/cluster); a simulator puts its own network in its place.
 */

/** Bytes one frame may have. A stored value may be 32 MiB, and a frame carries at least one entry whole. */
export const FRAME_BYTES_MAX = 48 * 1024 * 1024;

/** Channels one connection may have open. */
export const CHANNELS_PER_CONNECTION_MAX = 256;

/** Why somebody was turned away on the cluster port: one counter each. */
export const REFUSAL_REASONS = [
  /** The handshake asked for a set that this cluster is not the primary of. */
  "unknown_set",
  "no_certificate",
  "unknown_authority",
  "certificate_expired",
  /** Signed by the set, but made for something else than dialling in. */
  "wrong_certificate",
  /** Signed by the set and no living member's: revoked, or replaced by a newer token's. */
  "not_a_member",
  /** Older TLS, plain text, another protocol, or no handshake at all. */
  "handshake_failed",
  "handshake_timeout",
  "too_many_connections",
  "too_many_channels",
  /** HTTP/2 that is not ours: method, path, headers over the limit, broken framing. */
  "protocol",
  "unknown_channel",
  "oversized_frame",
  "malformed_frame",
  /** A frame or question at a point where it has no place. */
  "out_of_order",
  "hello_timeout",
  /** It says that it is another secondary, or of the other mode. */
  "impostor",
  /** It asked for a filtered mount, or for keys that its mode does not get. */
  "not_shipped",
  /** Its history shows another epoch than ours. */
  "stale_epoch",
  /** It handed over a request that it may not make. */
  "forward_denied",
  "listener_failed",
] as const;

export type RefusalReason = (typeof REFUSAL_REASONS)[number];

/** A peer that was let in did what it may not; the channel is dropped. `message` says what, for the log. */
export class PeerRefused extends Error {
  constructor(
    readonly reason: RefusalReason,
    message: string,
  ) {
    super(message);
    this.name = "PeerRefused";
  }
}

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

/** Ends by itself when nothing comes from the peer any more, although it is asked for a sign of life every few seconds. */
export interface PeerConnection {
  readonly peer: Peer;
  /** @throws TransportClosed */
  open(kind: string): Promise<FrameChannel>;
  /**
   * Like `open`, without the round trip for the peer's consent: a refusal fails the first `receive`. For one question and its
   * answer. Left out: as `open`. @throws TransportClosed
   */
  openAtOnce?(kind: string): FrameChannel;
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
  /** Bytes of the longest frame that a member may send on a channel of the kind; at most FRAME_BYTES_MAX. */
  frameBytesMax(kind: string): number;
  /** A channel that an admitted peer opened. Rejections drop the channel. */
  accept(channel: FrameChannel, peer: Peer): Promise<void>;
  /** A connection stands; lets the gate drop it later (revocation). */
  connected(connection: PeerConnection): void;
  /** A connection or channel was turned away: for the log and the counters. `detail` may come from the peer. */
  refused(reason: RefusalReason, address: string, detail?: string): void;
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

/** Of a DNS name. */
const HOST_CHARACTERS_MAX = 253;

/** Splits `https://host:port`, `host:port` or `[v6]:port`. Undefined when it is none of them. */
export function parseClusterAddress(address: string): { readonly host: string; readonly port: number } | undefined {
  const match = /^(?:https:\/\/)?(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})\/?$/.exec(address);
  const port = Number(match?.[2]);
  const host = match?.[1];
  if (host === undefined || host.length > HOST_CHARACTERS_MAX || port < 1 || port > 65_535) return undefined;
  return { host: host.startsWith("[") ? host.slice(1, -1) : host, port };
}
