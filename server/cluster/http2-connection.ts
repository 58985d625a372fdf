import type { ClientHttp2Session, ClientHttp2Stream, Http2Session } from "node:http2";
import { constants } from "node:http2";
import type { TLSSocket } from "node:tls";
import { sha256 } from "../sdk/crypto";
import type { FrameChannel, Peer, PeerConnection } from "../sdk/transport";
import { CHANNELS_PER_CONNECTION_MAX, TransportClosed } from "../sdk/transport";
import { Http2Channel } from "./http2-channel";
import { keepAlive } from "./keep-alive";

/** 4 MiB windows: with the defaults of HTTP/2 a connection moves a quarter of what it can. */
export const WINDOW_BYTES = 4 * 1024 * 1024;

/**
 * Memory HTTP/2 may hold for one connection, MB: window, headers and what waits to be written. Beyond it Node resets each channel,
 * also those that were open already, and what a channel had queued then counts for ever: twice of what all of them queue.
 */
export const SESSION_MEMORY_MEGABYTES = 64;
export const SESSION_SETTINGS = {
  enablePush: false,
  initialWindowSize: WINDOW_BYTES,
  maxConcurrentStreams: CHANNELS_PER_CONNECTION_MAX,
  maxFrameSize: 64 * 1024,
  maxHeaderListSize: 4 * 1024,
};

const REASON_CHARACTERS_MAX = 300;

/** The peer of a finished handshake, undefined when it proved nothing. */
export function peerOf(socket: TLSSocket, setId: string): Peer | undefined {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined || !socket.authorized) return undefined;
  return {
    setId,
    fingerprint: sha256(certificate.raw).toString("hex"),
    address: `${socket.remoteAddress ?? "?"}:${socket.remotePort ?? 0}`,
  };
}

/** One end of an HTTP/2 connection. Only the side that dialled opens channels. */
export class Http2Connection implements PeerConnection {
  readonly closed: Promise<void>;
  private failure: TransportClosed | undefined;
  private readonly channels = new Set<Http2Channel>();
  /** Most channels that were open at a time. */
  channelsPeak = 0;

  constructor(
    readonly peer: Peer,
    private readonly session: Http2Session,
  ) {
    session.on("error", (error: Error) => this.fail(new TransportClosed(`connection failed: ${error.message}`)));
    session.on("goaway", (code: number, _lastStreamId: number, why?: Buffer) => {
      if (code !== constants.NGHTTP2_NO_ERROR) this.fail(new TransportClosed(goodbyeText(code, why)));
    });
    const endKeepAlive = keepAlive(session, () => {
      this.fail(new TransportClosed("the peer went silent"));
      session.destroy();
    });
    this.closed = new Promise((resolve) => {
      session.once("close", () => {
        endKeepAlive();
        this.fail(new TransportClosed("connection was closed"));
        resolve();
      });
    });
  }

  open(kind: string): Promise<FrameChannel> {
    const opened = this.request(kind);
    if (opened === undefined) return Promise.reject(this.failure ?? new TransportClosed("connection was closed"));
    const { stream, channel } = opened;
    return new Promise((resolve, reject) => {
      stream.once("response", (headers) => {
        if (headers[":status"] === 200) resolve(channel);
        else reject(refusalOf(kind, headers[":status"]));
      });
      stream.once("close", () => reject(this.failure ?? new TransportClosed("peer closed the connection")));
    });
  }

  openAtOnce(kind: string): FrameChannel {
    const opened = this.request(kind);
    if (opened === undefined) throw this.failure ?? new TransportClosed("connection was closed");
    const { stream, channel } = opened;
    stream.once("response", (headers) => {
      if (headers[":status"] !== 200) channel.fail(refusalOf(kind, headers[":status"]));
    });
    return channel;
  }

  private request(kind: string): { readonly stream: ClientHttp2Stream; readonly channel: Http2Channel } | undefined {
    if (this.failure !== undefined || this.session.destroyed) return undefined;
    const session = this.session as ClientHttp2Session;
    const stream = session.request({ ":method": "POST", ":path": `/${kind}` }, { endStream: false });
    const channel = this.keep(new Http2Channel(kind, stream));
    stream.once("close", () => this.channels.delete(channel));
    return { stream, channel };
  }

  keep(channel: Http2Channel): Http2Channel {
    this.channels.add(channel);
    this.channelsPeak = Math.max(this.channelsPeak, this.channels.size);
    return channel;
  }

  forget(channel: Http2Channel): void {
    this.channels.delete(channel);
  }

  destroy(): void {
    this.fail(new TransportClosed("connection was dropped"));
    this.session.destroy();
  }

  private fail(reason: TransportClosed): void {
    this.failure ??= reason;
    for (const channel of this.channels) channel.fail(this.failure);
  }
}

function refusalOf(kind: string, status: number | undefined): TransportClosed {
  return new TransportClosed(`peer refused the channel ${kind} with status ${status}`);
}

/** What the peer said when it ended the connection; it comes from outside, so only printable ASCII of it is kept. */
function goodbyeText(code: number, why: Buffer | undefined): string {
  const text = (why ?? Buffer.alloc(0)).toString("latin1").slice(0, REASON_CHARACTERS_MAX);
  if (!/^[\x20-\x7e]+$/.test(text)) return `peer closed with HTTP/2 code ${code}`;
  return `peer refused the connection: ${text}`;
}
