import type { IndexElement, IndexNode, Lineage, LoggedClass, LogOperation, UpstreamCursor } from "../../sdk/log";
import {
  readClass,
  readCursor,
  readLineage,
  readOperations,
  repeat,
  SUM_BYTES,
  writeClass,
  writeCursor,
  writeLineage,
  writeOperations,
} from "./record-codec";
import { MalformedFrame, WireReader, WireWriter } from "./wire";

/** Channel kind: a secondary compares what it holds with its primary, level by level, and fetches what differs. */
export const DIFF_CHANNEL = "diff";

/** Most keys of one `values` request. */
export const DIFF_KEYS_MAX = 1_024;
export const DIFF_REQUEST_BYTES_MAX = 4 * 1024 * 1024;
const LEAVES_MAX = 65_536;
const PAGES_MAX = 256;

/** One (class, mount) of the index. */
export interface IndexPlace {
  readonly class: LoggedClass;
  readonly mountId: string;
}

/** `sumBytes`: how much of each sum is worth sending. What a short one hides, the checksum at the end finds. */
interface Comparison extends IndexPlace {
  readonly sumBytes: number;
}

export type DiffRequest =
  | { readonly kind: "open"; readonly lineage: Lineage; readonly rejoins: boolean }
  | ({ readonly kind: "pages" } & Comparison)
  | ({ readonly kind: "leaves"; readonly pages: readonly number[] } & Comparison)
  | ({
      readonly kind: "elements";
      readonly leaves: readonly number[];
      readonly after: string | undefined;
    } & Comparison)
  | { readonly kind: "values"; readonly class: LoggedClass; readonly keys: readonly string[] }
  /** What was written after `from`, as changes of single keys. */
  | { readonly kind: "tail"; readonly from: number };

export interface DiffMount extends IndexPlace {
  readonly sum: Buffer;
}

export interface DiffAnswers {
  readonly open:
    | { readonly refusal: string }
    | {
        readonly refusal: undefined;
        readonly clusterId: string;
        readonly lineage: Lineage;
        /** Everything up to here is in what the other answers say; later writes may be. */
        readonly index: number;
        readonly mounts: readonly DiffMount[];
      };
  readonly pages: readonly IndexNode[];
  readonly leaves: readonly IndexNode[];
  readonly elements: { readonly elements: readonly IndexElement[]; readonly next: string | undefined };
  /** For the first keys of the request, as many as fit; at least one. */
  readonly values: readonly (Buffer | undefined)[];
  readonly tail: {
    readonly operations: readonly LogOperation[];
    readonly index: number;
    /** Set when this reaches up to where the primary stands: what the secondary must hold now. */
    readonly cursor: UpstreamCursor | undefined;
  };
}

export type DiffKind = DiffRequest["kind"];
const CODES: Readonly<Record<DiffKind, number>> = { open: 1, pages: 2, leaves: 3, elements: 4, values: 5, tail: 6 };

export function encodeDiffRequest(request: DiffRequest): Buffer {
  const writer = new WireWriter().number(CODES[request.kind]);
  switch (request.kind) {
    case "open":
      writeLineage(writer, request.lineage);
      return writer.number(request.rejoins ? 1 : 0).finish();
    case "pages":
      return writeComparison(writer, request).finish();
    case "leaves":
      return writeNumbers(writeComparison(writer, request), request.pages).finish();
    case "elements":
      writeNumbers(writeComparison(writer, request), request.leaves);
      return writeOptionalText(writer, request.after).finish();
    case "values":
      writeClass(writer, request.class);
      writer.number(request.keys.length);
      for (const key of request.keys) writer.text(key);
      return writer.finish();
    case "tail":
      return writer.number(request.from).finish();
  }
}

/** @throws MalformedFrame */
export function decodeDiffRequest(frame: Buffer): DiffRequest {
  if (frame.length > DIFF_REQUEST_BYTES_MAX) throw new MalformedFrame("request is too long");
  const reader = new WireReader(frame);
  const code = reader.number();
  const request = readRequest(reader, code);
  reader.finish();
  return request;
}

function readRequest(reader: WireReader, code: number): DiffRequest {
  switch (code) {
    case CODES.open:
      return { kind: "open", lineage: readLineage(reader), rejoins: reader.number() === 1 };
    case CODES.pages:
      return { kind: "pages", ...readComparison(reader) };
    case CODES.leaves:
      return { kind: "leaves", ...readComparison(reader), pages: readNumbers(reader, PAGES_MAX) };
    case CODES.elements:
      return {
        kind: "elements",
        ...readComparison(reader),
        leaves: readNumbers(reader, LEAVES_MAX),
        after: readOptionalText(reader),
      };
    case CODES.values: {
      const keyClass = readClass(reader);
      const count = reader.count(1);
      if (count > DIFF_KEYS_MAX) throw new MalformedFrame("too many keys");
      return { kind: "values", class: keyClass, keys: repeat(count, () => reader.text()) };
    }
    case CODES.tail:
      return { kind: "tail", from: reader.number() };
    default:
      throw new MalformedFrame(`unknown request ${code}`);
  }
}

export function encodeOpenAnswer(answer: DiffAnswers["open"]): Buffer {
  if (answer.refusal !== undefined) return new WireWriter().number(0).text(answer.refusal).finish();
  const writer = new WireWriter().number(1).text(answer.clusterId);
  writeLineage(writer, answer.lineage);
  writer.number(answer.index).number(answer.mounts.length);
  for (const mount of answer.mounts) {
    writeClass(writer, mount.class);
    writer.text(mount.mountId).fixed(mount.sum);
  }
  return writer.finish();
}

export function decodeOpenAnswer(frame: Buffer): DiffAnswers["open"] {
  const reader = new WireReader(frame);
  if (reader.number() === 0) return { refusal: reader.text() };
  return {
    refusal: undefined,
    clusterId: reader.text(),
    lineage: readLineage(reader),
    index: reader.number(),
    mounts: repeat(reader.count(2 + SUM_BYTES), () => ({
      class: readClass(reader),
      mountId: reader.text(),
      sum: reader.fixed(SUM_BYTES),
    })),
  };
}

/** Ascending nodes: the distance to the one before, then the beginning of the sum. */
export function encodeNodes(nodes: readonly IndexNode[], sumBytes: number): Buffer {
  const writer = new WireWriter();
  writeNumbers(
    writer,
    nodes.map((node) => node.number),
  );
  for (const node of nodes) writer.fixed(node.sum.subarray(0, sumBytes));
  return writer.finish();
}

export function decodeNodes(frame: Buffer, sumBytes: number): readonly IndexNode[] {
  const reader = new WireReader(frame);
  const numbers = readNumbers(reader, LEAVES_MAX);
  return numbers.map((number) => ({ number, sum: reader.fixed(sumBytes) }));
}

export function encodeElements({ elements, next }: DiffAnswers["elements"], sumBytes: number): Buffer {
  const writer = new WireWriter().number(elements.length);
  for (const { key, leaf, hash } of elements) writer.text(key).number(leaf).fixed(hash.subarray(0, sumBytes));
  return writeOptionalText(writer, next).finish();
}

export function decodeElements(frame: Buffer, sumBytes: number): DiffAnswers["elements"] {
  const reader = new WireReader(frame);
  const elements = repeat(reader.count(2 + sumBytes), () => ({
    key: reader.text(),
    leaf: reader.number(),
    hash: reader.fixed(sumBytes),
  }));
  return { elements, next: readOptionalText(reader) };
}

export function encodeValues(values: DiffAnswers["values"]): Buffer {
  const writer = new WireWriter().number(values.length);
  for (const value of values) {
    if (value === undefined) writer.number(0);
    else writer.number(1).buffer(value);
  }
  return writer.finish();
}

export function decodeValues(frame: Buffer): DiffAnswers["values"] {
  const reader = new WireReader(frame);
  return repeat(reader.count(1), () => (reader.number() === 0 ? undefined : reader.buffer()));
}

export function encodeTail(tail: DiffAnswers["tail"]): Buffer {
  const writer = new WireWriter().number(tail.index);
  writeOperations(writer, tail.operations);
  if (tail.cursor === undefined) return writer.number(0).finish();
  writer.number(1);
  writeCursor(writer, tail.cursor);
  return writer.finish();
}

export function decodeTail(frame: Buffer): DiffAnswers["tail"] {
  const reader = new WireReader(frame);
  const index = reader.number();
  const operations = readOperations(reader);
  return { index, operations, cursor: reader.number() === 0 ? undefined : readCursor(reader) };
}

function writeComparison(writer: WireWriter, { class: keyClass, mountId, sumBytes }: Comparison): WireWriter {
  writeClass(writer, keyClass);
  return writer.text(mountId).number(sumBytes);
}

function readComparison(reader: WireReader): Comparison {
  const comparison = { class: readClass(reader), mountId: reader.text(), sumBytes: reader.number() };
  if (comparison.sumBytes < 1 || comparison.sumBytes > SUM_BYTES) throw new MalformedFrame("impossible sum size");
  return comparison;
}

/** Ascending numbers as distances: a byte each where they lie close. */
function writeNumbers(writer: WireWriter, numbers: readonly number[]): WireWriter {
  writer.number(numbers.length);
  let previous = 0;
  for (const number of numbers) {
    writer.number(number - previous);
    previous = number;
  }
  return writer;
}

function readNumbers(reader: WireReader, countMax: number): readonly number[] {
  const count = reader.count(1);
  if (count > countMax) throw new MalformedFrame("too many numbers");
  let previous = 0;
  return repeat(count, () => {
    previous += reader.number();
    if (previous >= LEAVES_MAX) throw new MalformedFrame("number outside of the index");
    return previous;
  });
}

function writeOptionalText(writer: WireWriter, text: string | undefined): WireWriter {
  return text === undefined ? writer.number(0) : writer.number(1).text(text);
}

function readOptionalText(reader: WireReader): string | undefined {
  return reader.number() === 0 ? undefined : reader.text();
}
