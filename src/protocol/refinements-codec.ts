import { CodecError } from "./codec-error";
import { MsgpackReader, type Token } from "./msgpack-reader";
import { MsgpackWriter } from "./msgpack-writer";
import { type Refinements, UNKNOWN, Unknown } from "./unknown";

const PLAIN_UNKNOWN = 0;
const REFINED_UNKNOWN = 12;

/** Keys of the refinement map (facts of go-cty's msgpack package). Number bounds (3 and 4) are read over. */
const KEY = { notNull: 1n, stringPrefix: 2n, lengthMin: 5n, lengthMax: 6n } as const;

function skip(reader: MsgpackReader, token: Token): void {
  if (token.kind !== "array" && token.kind !== "map") return;
  const items = token.kind === "map" ? token.count * 2 : token.count;
  for (let item = 0; item < items; item += 1) skip(reader, reader.next());
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function readEntry(reader: MsgpackReader, found: Mutable<Refinements>): void {
  const key = reader.next();
  const value = reader.next();
  if (key.kind !== "integer") throw new CodecError("refinements need integer keys");
  if (key.value === KEY.notNull && value.kind === "boolean") found.notNull = !value.value;
  else if (key.value === KEY.stringPrefix && value.kind === "string") found.stringPrefix = value.bytes.toString();
  else if (key.value === KEY.lengthMin && value.kind === "integer") found.lengthMin = Number(value.value);
  else if (key.value === KEY.lengthMax && value.kind === "integer") found.lengthMax = Number(value.value);
  else skip(reader, value);
}

/** Any extension code means unknown; only code 12 says more. */
export function decodeUnknown(code: number, payload: Buffer): Unknown {
  if (code !== REFINED_UNKNOWN || payload.length === 0) return UNKNOWN;
  const reader = new MsgpackReader(payload);
  const header = reader.next();
  if (header.kind !== "map") throw new CodecError("refinements need a map");
  const found: Mutable<Refinements> = {};
  for (let entry = 0; entry < header.count; entry += 1) readEntry(reader, found);
  return new Unknown(found);
}

function refinementMap({ notNull, stringPrefix, lengthMin, lengthMax }: Refinements): Buffer | undefined {
  const body = new MsgpackWriter();
  let count = 0;
  const entry = (key: bigint, write: () => void) => {
    body.integer(key);
    write();
    count += 1;
  };
  if (notNull === true) entry(KEY.notNull, () => body.boolean(false));
  if (stringPrefix !== undefined) entry(KEY.stringPrefix, () => body.string(stringPrefix));
  if (lengthMin !== undefined) entry(KEY.lengthMin, () => body.integer(BigInt(lengthMin)));
  if (lengthMax !== undefined) entry(KEY.lengthMax, () => body.integer(BigInt(lengthMax)));
  if (count === 0) return undefined;
  const whole = new MsgpackWriter();
  whole.mapHeader(count);
  whole.raw(body.finish());
  return whole.finish();
}

export function encodeUnknown(writer: MsgpackWriter, value: Unknown): void {
  const payload = refinementMap(value.refinements);
  // Refinements are a hint: a prefix too long for the short form is left out rather than cut.
  if (payload === undefined || payload.length > 0xff) writer.extension(PLAIN_UNKNOWN, Buffer.from([0]));
  else writer.extension(REFINED_UNKNOWN, payload);
}
