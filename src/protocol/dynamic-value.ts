import { CodecError } from "./codec-error";
import type { CtyType } from "./cty-type";
import { valueFromJson } from "./json-codec";
import { parseLosslessJson } from "./lossless-json";
import { decodeMsgpack, encodeMsgpack } from "./msgpack-codec";
import type { Value } from "./value";

/** The message in which the protocol carries every value: one of the two forms is filled. */
export interface DynamicValueMessage {
  readonly msgpack?: Buffer;
  readonly json?: Buffer;
}

/** An absent or empty message is null. Throws CodecError when the bytes are not a value of `type`. */
export function decodeDynamicValue(type: CtyType, message: DynamicValueMessage | undefined): Value {
  if (message?.msgpack !== undefined && message.msgpack.length > 0) return decodeMsgpack(type, message.msgpack);
  if (message?.json !== undefined && message.json.length > 0) return valueFromJson(type, json(message.json));
  return null;
}

function json(bytes: Buffer) {
  try {
    return parseLosslessJson(bytes.toString());
  } catch {
    throw new CodecError("not JSON");
  }
}

export function encodeDynamicValue(type: CtyType, value: Value): { readonly msgpack: Buffer } {
  return { msgpack: encodeMsgpack(type, value) };
}
