import { ServerError } from "../../../sdk/errors";
import type { MountContext } from "../../../sdk/mount";
import type { Outcome, ResponseData } from "../../../sdk/outcome";
import type { ViewValue } from "../../../sdk/view";
import { decodeKeyMetadata, isReadable } from "./key-metadata";
import { notFound, versionAnswer } from "./version-answer";
import { metadataKey, versionKey } from "./versioned-store";

/** Makes the answer from the data's JSON text, or from null for a version that is deleted or destroyed. */
export type AnswerOfVersion = (text: Buffer | null, metadata: ResponseData) => ResponseData;

/** What the metadata says of the version asked for. */
type Found =
  | { readonly outcome: Outcome }
  | { readonly outcome?: undefined; readonly version: number; readonly answer: ResponseData };

const ATTEMPTS_MAX = 4;

/** Reads a version (0: the current one). Answers without waiting where the cache holds both parts. */
export function readWithData(
  context: MountContext,
  path: string,
  wanted: number,
  answerOf: AnswerOfVersion,
): Outcome | Promise<Outcome> {
  const { storage } = context;
  const stored = storage.peek(metadataKey(path));
  if (stored === undefined) return readSlowly(context, path, wanted, answerOf);
  const found = find(context, stored, wanted, answerOf);
  if (found.outcome !== undefined) return found.outcome;
  const data = storage.peek(versionKey(path, found.version));
  if (data === undefined) return readSlowly(context, path, wanted, answerOf);
  return { kind: "data", data: answerOf(data.value, found.answer) };
}

/** The data may go between the two reads, when a version is dropped or destroyed: then the metadata is read again. */
async function readSlowly(
  context: MountContext,
  path: string,
  wanted: number,
  answerOf: AnswerOfVersion,
): Promise<Outcome> {
  const { storage } = context;
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const stored = await storage.get(metadataKey(path));
    if (stored === undefined) return notFound;
    const found = find(context, stored, wanted, answerOf);
    if (found.outcome !== undefined) return found.outcome;
    const data = await storage.get(versionKey(path, found.version));
    if (data !== undefined) return { kind: "data", data: answerOf(data.value, found.answer) };
  }
  throw new ServerError("corrupt", { detail: "a version's data is missing" });
}

function find(context: MountContext, stored: ViewValue, wanted: number, answerOf: AnswerOfVersion): Found {
  const metadata = decodeKeyMetadata(stored.value);
  const version = wanted > 0 ? wanted : metadata.currentVersion;
  const facts = metadata.versions.get(version);
  if (facts === undefined) return { outcome: notFound };
  const answer = versionAnswer(metadata, version, facts);
  if (isReadable(facts, context.clock.nowMilliseconds())) return { version, answer };
  return { outcome: { kind: "not_found", data: answerOf(null, answer) } };
}
