import { createServer, type Http2Server, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { frame, readBody, unframe } from "./grpc-frame";
import { encodeGrpcMessage, GRPC_STATUS, GrpcError } from "./grpc-status";

/** Answers one unary call. What it throws becomes the status; a GrpcError chooses it. */
export type UnaryMethod = (request: Buffer, signal: AbortSignal) => Promise<Buffer>;

/** The methods of one connection. Each connection gets its own, so that it can have state of its own. */
export interface Connection {
  /** By path, such as `/grpc.health.v1.Health/Check`. */
  readonly unary: ReadonlyMap<string, UnaryMethod>;
  /** Streams that are opened and on which nothing is ever said. */
  readonly idle: ReadonlySet<string>;
  close(): Promise<void>;
}

const CONTENT_TYPE = "application/grpc";
const WINDOW_BYTES = 8 * 1024 * 1024;
/** In megabytes: several large states may be in flight on one connection. */
const SESSION_MEMORY_MEGABYTES = 1024;
const STREAMS_MAX = 1024;

/**
 * gRPC (unary calls) over HTTP/2 without a library. Returns a server that has no listener of its own choosing: listen on
 * it for plaintext, or hand it accepted TLS sockets with `emit("connection", socket)`.
 */
export function createGrpcServer(connect: () => Connection): Http2Server {
  const server = createServer({
    maxSessionMemory: SESSION_MEMORY_MEGABYTES,
    settings: { initialWindowSize: WINDOW_BYTES, maxConcurrentStreams: STREAMS_MAX, enablePush: false },
  });
  server.on("session", (session) => {
    const connection = connect();
    session.setLocalWindowSize(WINDOW_BYTES * 4);
    session.on("stream", (stream, headers) => void answer(connection, stream, headers));
    session.on("error", () => session.destroy());
    session.on("close", () => void connection.close());
  });
  return server;
}

async function answer(connection: Connection, stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
  const controller = new AbortController();
  stream.on("error", () => controller.abort());
  stream.on("close", () => controller.abort());
  try {
    const path = headers[":path"] ?? "";
    if (connection.idle.has(path)) openIdle(stream);
    else await answerUnary(connection.unary.get(path), path, stream, controller.signal);
  } catch (error) {
    fail(stream, error instanceof GrpcError ? error : new GrpcError(GRPC_STATUS.internal, messageOf(error)));
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "unknown failure";
}

async function answerUnary(
  method: UnaryMethod | undefined,
  path: string,
  stream: ServerHttp2Stream,
  signal: AbortSignal,
): Promise<void> {
  if (method === undefined) throw new GrpcError(GRPC_STATUS.unimplemented, `method ${path} is not implemented`);
  const request = unframe(await readBody(stream));
  const response = frame(await method(request, signal));
  if (stream.destroyed || stream.closed) return;
  stream.respond({ ":status": 200, "content-type": CONTENT_TYPE }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": String(GRPC_STATUS.ok) }));
  stream.end(response);
}

function openIdle(stream: ServerHttp2Stream): void {
  stream.respond({ ":status": 200, "content-type": CONTENT_TYPE }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": String(GRPC_STATUS.ok) }));
  stream.on("end", () => stream.end());
  stream.resume();
}

function fail(stream: ServerHttp2Stream, { status, message }: GrpcError): void {
  if (stream.destroyed || stream.closed || stream.headersSent) return;
  stream.respond(
    {
      ":status": 200,
      "content-type": CONTENT_TYPE,
      "grpc-status": String(status),
      "grpc-message": encodeGrpcMessage(message),
    },
    { endStream: true },
  );
}
