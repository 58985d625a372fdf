import { decodeSealRecord, encodeSealRecord, type SealRecord } from "../barrier/seal/seal-record";
import { ServerError } from "../sdk/errors";
import { decodeRecord, encodeRecord, PUBLIC_RECORD_KEY } from "../sdk/record";
import type { CommitBatch, Precondition, Storage } from "../sdk/storage";

/**
 * What can be read while sealed; nothing in it is secret. Everything else lies under `g/<generation>/`.
 *
 *   m/format        version of the whole layout
 *   m/current       name of the generation in use: the one pointer that initialisation and a new generation flip
 *   m/seal          how the root key is kept
 *   m/init-answer   answer of sys/init, encrypted to its recipient, until it is confirmed
 */
const FORMAT = "m/format";
const CURRENT = "m/current";
const SEAL = "m/seal";
const ANSWER = "m/init-answer";
const FORMAT_VERSION = "1";
const RECIPIENT_BYTES = 32;
const DIGEST_BYTES = 32;

export interface InitAnswer {
  readonly recipient: Buffer;
  /** SHA-256 of the proof that opens `confirm`: whoever shows it has read the answer. */
  readonly proofDigest: Buffer;
  readonly ciphertext: Buffer;
}

/** Undefined before initialisation. */
export interface MetaState {
  readonly generation: string;
  readonly seal: SealRecord;
  readonly answer: InitAnswer | undefined;
}

export type MetaChange = Pick<CommitBatch, "puts" | "preconditions">;

/** @throws `corrupt` naming the record, `internal` for a layout of another version */
export async function readMeta(storage: Storage): Promise<MetaState | undefined> {
  const names = [FORMAT, CURRENT, SEAL, ANSWER];
  const found = await storage.read(names);
  const [format, current, seal, answer] = found.map((stored, at) => {
    return stored && decodeRecord(PUBLIC_RECORD_KEY, names[at] ?? "", stored.value);
  });
  if (format !== undefined && format.toString() !== FORMAT_VERSION) {
    throw new ServerError("internal", { detail: `storage layout ${format}, this build knows ${FORMAT_VERSION}` });
  }
  if (current === undefined || seal === undefined || format === undefined) {
    if (current !== undefined || seal !== undefined || format !== undefined) {
      throw new ServerError("corrupt", { detail: `one of ${names.slice(0, 3).join(", ")} is missing` });
    }
    return undefined;
  }
  return {
    generation: current.toString(),
    seal: decodeSealRecord(seal),
    answer: answer && {
      recipient: Buffer.from(answer.subarray(0, RECIPIENT_BYTES)),
      proofDigest: Buffer.from(answer.subarray(RECIPIENT_BYTES, RECIPIENT_BYTES + DIGEST_BYTES)),
      ciphertext: Buffer.from(answer.subarray(RECIPIENT_BYTES + DIGEST_BYTES)),
    },
  };
}

/** The commit that makes a generation the one in use. `first`: only where there was none. */
export function pointTo(generation: string, seal: SealRecord, first: boolean): MetaChange {
  const preconditions: Precondition[] = first ? [{ key: CURRENT, revision: 0 }] : [];
  const puts = [put(FORMAT, Buffer.from(FORMAT_VERSION)), put(CURRENT, Buffer.from(generation)), putSeal(seal)];
  return { preconditions, puts };
}

export function putSeal(seal: SealRecord): { readonly key: string; readonly value: Buffer } {
  return put(SEAL, encodeSealRecord(seal));
}

export function putAnswer({ recipient, proofDigest, ciphertext }: InitAnswer): {
  readonly key: string;
  readonly value: Buffer;
} {
  return put(ANSWER, Buffer.concat([recipient, proofDigest, ciphertext]));
}

export async function forgetAnswer(storage: Storage): Promise<void> {
  await storage.commit({ preconditions: [], puts: [], deletes: [ANSWER] });
}

function put(name: string, body: Buffer): { readonly key: string; readonly value: Buffer } {
  return { key: name, value: encodeRecord(PUBLIC_RECORD_KEY, name, body) };
}
