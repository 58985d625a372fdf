import type { Readable } from "node:stream";
import { GRPC_STATUS, GrpcError } from "./grpc-status";

const HEADER_BYTES = 5;

/** As much as the Go SDK takes; a state of many megabytes is legal. */
export const MESSAGE_BYTES_MAX = 256 * 1024 * 1024;

/** One message behind gRPC's prefix: a compression flag and the length. */
export function frame(message: Buffer): Buffer {
  const framed = Buffer.allocUnsafe(HEADER_BYTES + message.length);
  framed.writeUInt8(0, 0);
  framed.writeUInt32BE(message.length, 1);
  message.copy(framed, HEADER_BYTES);
  return framed;
}

/** Takes the one message of a unary request out of its body. Throws GrpcError when there is not exactly one. */
export function unframe(body: Buffer): Buffer {
  if (body.length < HEADER_BYTES) throw new GrpcError(GRPC_STATUS.internal, "request body is too short");
  if (body.readUInt8(0) !== 0) throw new GrpcError(GRPC_STATUS.unimplemented, "compressed messages are not supported");
  if (body.readUInt32BE(1) !== body.length - HEADER_BYTES) {
    throw new GrpcError(GRPC_STATUS.internal, "request body is not one message");
  }
  return body.subarray(HEADER_BYTES);
}

/** Reads a whole body. Throws GrpcError when it is longer than a message may be. */
export async function readBody(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    if (!Buffer.isBuffer(chunk)) throw new GrpcError(GRPC_STATUS.internal, "request body is not bytes");
    bytes += chunk.length;
    if (bytes > MESSAGE_BYTES_MAX + HEADER_BYTES) {
      throw new GrpcError(GRPC_STATUS.resourceExhausted, "request message is too long");
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}
