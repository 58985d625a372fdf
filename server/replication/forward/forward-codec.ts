import { type JsonObject, parseJson, stringifyJson } from "../../sdk/json";
import { JsonReader } from "../../sdk/json-reader";
import type { Epoch, ReplicationMode } from "../../sdk/log";
import type { ResponseData } from "../../sdk/outcome";
import type { OperationName } from "../../sdk/path";
import type { ForwardedAnswer, ForwardedRequest } from "../../sdk/replication";
import type { TokenFacts } from "../../sdk/token";
import { MalformedFrame } from "../stream/wire";

/** Channel kinds: one channel carries one request frame and one answer frame. */
export const FORWARD_CHANNEL = "forward";
export const CALL_CHANNEL = "call";

const HEADER_BYTES_MAX = 1024 * 1024;
const OPERATIONS: readonly OperationName[] = ["create", "read", "update", "patch", "delete", "list"];

export interface ForwardEnvelope {
  readonly epoch: Epoch;
  readonly mode: ReplicationMode;
  readonly request: ForwardedRequest;
}

export interface CallEnvelope {
  readonly epoch: Epoch;
  readonly mountId: string;
  readonly name: string;
  readonly payload: JsonObject;
}

/** An answer, or the error code the primary's replication itself failed with. */
export type ForwardReply =
  | { readonly kind: "answer"; readonly answer: ForwardedAnswer }
  | { readonly kind: "error"; readonly code: string; readonly text: string };

export interface CallAnswer {
  readonly payload: JsonObject;
  /** Index of the last shared entry of the primary's log after the call. 0: none was written meanwhile. */
  readonly index: number;
}

export type CallReply =
  | ({ readonly kind: "answer" } & CallAnswer)
  | { readonly kind: "error"; readonly code: string; readonly text: string };

/** Length of the JSON header, the header, then the body as it is. */
function join(header: ResponseData, body: Buffer): Buffer {
  const head = Buffer.from(stringifyJson(header));
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32BE(head.length);
  return Buffer.concat([length, head, body]);
}

function split(frame: Buffer): { readonly header: JsonReader; readonly body: Buffer } {
  if (frame.length < 4) throw new MalformedFrame("forwarded frame is cut off");
  const length = frame.readUInt32BE(0);
  if (length > HEADER_BYTES_MAX || 4 + length > frame.length) throw new MalformedFrame("forwarded frame is malformed");
  const header = JsonReader.parse(frame.subarray(4, 4 + length), { bytesMax: HEADER_BYTES_MAX, depthMax: 8 });
  return { header, body: frame.subarray(4 + length) };
}

export function encodeForward({ epoch, mode, request }: ForwardEnvelope): Buffer {
  const { body, caller, ...facts } = request;
  const header: ResponseData = {
    ...facts,
    mode,
    epoch: { ...epoch },
    caller:
      caller.kind === "facts"
        ? { kind: caller.kind, facts: { ...caller.facts } }
        : { kind: caller.kind, token: caller.token?.toString("base64") },
  };
  return join(header, body);
}

/** @throws for what is malformed */
export function decodeForward(frame: Buffer): ForwardEnvelope {
  const { header, body } = split(frame);
  const operation = OPERATIONS.find((name) => name === header.text("operation"));
  if (operation === undefined) throw new MalformedFrame("unknown operation");
  const request: ForwardedRequest = {
    id: header.text("id"),
    caller: readCaller(header.child("caller")),
    operation,
    path: header.text("path"),
    query: readQuery(header),
    body,
    contentType: header.optional("contentType", (reader) => reader.text("contentType")),
    remoteAddress: header.text("remoteAddress"),
    wrapTtlSeconds: header.optional("wrapTtlSeconds", (reader) => reader.number("wrapTtlSeconds")),
    ...(header.has("requiredIndexes") ? { requiredIndexes: header.texts("requiredIndexes") } : {}),
    ...(header.has("waitsForIndex") ? { waitsForIndex: header.boolean("waitsForIndex") } : {}),
  };
  return { epoch: readEpoch(header), mode: header.text("mode") === "dr" ? "dr" : "performance", request };
}

function readEpoch(header: JsonReader): Epoch {
  const epoch = header.child("epoch");
  return { number: epoch.number("number"), clusterId: epoch.text("clusterId") };
}

function readQuery(header: JsonReader): ReadonlyMap<string, readonly string[]> {
  const query = header.child("query");
  return new Map(query.names().map((name) => [name, query.texts(name)]));
}

function readCaller(reader: JsonReader): ForwardedRequest["caller"] {
  if (reader.text("kind") === "facts") return { kind: "facts", facts: readFacts(reader.child("facts")) };
  return { kind: "token", token: reader.optional("token", () => reader.bytes("token")) };
}

function readFacts(reader: JsonReader): TokenFacts {
  const metadata = reader.child("metadata");
  return Object.freeze({
    idHash: reader.text("idHash"),
    accessor: reader.text("accessor"),
    type: reader.text("type") === "batch" ? "batch" : "service",
    path: reader.text("path"),
    displayName: reader.text("displayName"),
    policies: reader.texts("policies"),
    metadata: new Map(metadata.names().map((name) => [name, metadata.text(name)])),
    entityId: reader.text("entityId"),
    orphan: reader.boolean("orphan"),
    renewable: reader.boolean("renewable"),
    numUsesLeft: reader.number("numUsesLeft"),
    creationTimeSeconds: reader.number("creationTimeSeconds"),
    expireTimeMilliseconds: reader.optional("expireTimeMilliseconds", () => reader.number("expireTimeMilliseconds")),
    boundCidrs: reader.texts("boundCidrs"),
  });
}

export function encodeForwardReply(reply: ForwardReply): Buffer {
  if (reply.kind === "error") return join({ ...reply }, Buffer.alloc(0));
  const { body, ...facts } = reply.answer;
  return join({ kind: reply.kind, ...facts }, body);
}

export function decodeForwardReply(frame: Buffer): ForwardReply {
  const { header, body } = split(frame);
  if (header.text("kind") !== "answer") {
    return { kind: "error", code: header.text("code"), text: header.text("text") };
  }
  const headers = header.textPairs("headers");
  return {
    kind: "answer",
    answer: { status: header.number("status"), headers, body, index: header.number("index") },
  };
}

export function encodeCall({ epoch, mountId, name, payload }: CallEnvelope): Buffer {
  return join({ epoch: { ...epoch }, mountId, name }, Buffer.from(stringifyJson(payload)));
}

export function decodeCall(frame: Buffer): CallEnvelope {
  const { header, body } = split(frame);
  return {
    epoch: readEpoch(header),
    mountId: header.text("mountId"),
    name: header.text("name"),
    payload: object(body),
  };
}

export function encodeCallReply(reply: CallReply): Buffer {
  if (reply.kind === "error") return join({ ...reply }, Buffer.alloc(0));
  return join({ kind: reply.kind, index: reply.index }, Buffer.from(stringifyJson(reply.payload)));
}

export function decodeCallReply(frame: Buffer): CallReply {
  const { header, body } = split(frame);
  if (header.text("kind") === "answer") return { kind: "answer", payload: object(body), index: header.number("index") };
  return { kind: "error", code: header.text("code"), text: header.text("text") };
}

function object(body: Buffer): JsonObject {
  const value = parseJson(body);
  if (!(value instanceof Map)) throw new MalformedFrame("payload is no object");
  return value;
}
