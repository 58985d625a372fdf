import { KEYRING_KEY, Keyring } from "../barrier/keyring";
import { encryptToPgpKey } from "../barrier/seal/pgp";
import { sealToRecipient } from "../barrier/seal/recipient";
import type { SealKind } from "../barrier/seal/seal-kind";
import type { SealRecord } from "../barrier/seal/seal-record";
import { checkNumbers, makeShareSet } from "../barrier/seal/share-set";
import { ValueCipher } from "../barrier/value-cipher";
import { exportSecretKey, sha256, takeSecretKey } from "../sdk/crypto";
import { ServerError } from "../sdk/errors";
import { stringifyJson } from "../sdk/json";
import type { ResponseData } from "../sdk/outcome";
import type { InitializeRequest } from "../sdk/seal";
import { encodeIdentity, IDENTITY_KEY, newIdentity } from "./identity";
import { type InitAnswer, pointTo, putAnswer } from "./meta-store";
import { type CoreOptions, type OpenCore, openWith } from "./open-core";

export interface InitializeOptions {
  readonly core: CoreOptions;
  readonly seal: SealKind;
  /** Makes what a new cluster begins with, on the open core, and its root token. */
  readonly onInitialized: (core: OpenCore) => Promise<{ readonly rootToken: string }>;
}

export interface Initialized {
  readonly answer: ResponseData;
  readonly kept: InitAnswer | undefined;
  readonly generation: string;
  readonly seal: SealRecord;
  /** Open: an automatic seal goes on with it, others close it. */
  readonly core: OpenCore;
}

interface ShareNumbers {
  readonly shares: number;
  readonly threshold: number;
  readonly pgpKeys: readonly string[];
}

/**
 * Builds the first generation, and points to it in the last commit, together with the seal and the answer for the
 * recipient. Interrupted anywhere before, the storage is not initialised and the next attempt begins anew.
 */
export async function initializeStorage(options: InitializeOptions, request: InitializeRequest): Promise<Initialized> {
  const numbers = shareNumbers(options.seal, request);
  // Refuses an unusable recipient before anything is written.
  if (request.recipient !== undefined) sealToRecipient(request.recipient, Buffer.alloc(0));
  const { random } = options.core;
  const rootKey = takeSecretKey(random.bytes(32));
  const generation = random.bytes(4).toString("hex");
  const core = await firstCore(options.core, generation, new ValueCipher(rootKey, newKeyring(options.core), random));
  try {
    const { rootToken } = await options.onInitialized(core);
    const { record, shares } = await sealRootKey(options, numbers, exportSecretKey(rootKey));
    const answer = await answerBody(options.seal, request, numbers, shares, rootToken);
    const kept = keptAnswer(request, answer, rootToken);
    const change = pointTo(generation, record, true);
    const puts = kept === undefined ? change.puts : [...change.puts, putAnswer(kept)];
    await options.core.storage.commit({ preconditions: change.preconditions, puts, deletes: [] });
    return { answer: kept === undefined ? answer : recipientBody(kept), kept, generation, seal: record, core };
  } catch (error) {
    await core.close();
    throw error;
  }
}

/** What only a reader of the answer can show: SHA-256 of the root token's text. */
export function proofOf(rootToken: string): Buffer {
  return sha256(rootToken);
}

/** What the client gets instead of the answer: base64 of both. */
export function recipientBody({ recipient, ciphertext }: InitAnswer): ResponseData {
  return { recipient: recipient.toString("base64"), encrypted_answer: ciphertext.toString("base64") };
}

function newKeyring({ random, clock }: CoreOptions): Keyring {
  return Keyring.create(random, clock.nowMilliseconds());
}

async function firstCore(options: CoreOptions, generation: string, cipher: ValueCipher): Promise<OpenCore> {
  const identity = newIdentity(options.random, options.clusterName);
  const core = await openWith(options, generation, cipher, identity);
  const keyring = cipher.keyring.sealedUnder(cipher.rootKey, options.random);
  const identityValue = cipher.encrypt("node", IDENTITY_KEY, encodeIdentity(identity));
  await core.log.append({
    operations: [
      { class: "replicated", key: KEYRING_KEY, value: keyring },
      { class: "node", key: IDENTITY_KEY, value: identityValue },
    ],
  });
  return core;
}

/** The numbers that count for the seal. @throws invalid_request */
function shareNumbers(seal: SealKind, request: InitializeRequest): ShareNumbers {
  const secret = {
    shares: request.secretShares ?? 0,
    threshold: request.secretThreshold ?? 0,
    pgpKeys: request.pgpKeys,
  };
  const recovery = {
    shares: request.recoveryShares ?? 0,
    threshold: request.recoveryThreshold ?? 0,
    pgpKeys: request.recoveryPgpKeys,
  };
  const [used, unused, unusedName] =
    seal.automatic === undefined ? [secret, recovery, "recovery"] : [recovery, secret, "secret"];
  if (unused.shares > 0 || unused.threshold > 0 || unused.pgpKeys.length > 0) {
    const names = `${unusedName}_shares,${unusedName}_threshold`;
    throw new ServerError("invalid_request", `parameters ${names} not applicable to seal type ${seal.type}`);
  }
  const withoutRecovery = seal.automatic !== undefined && used.shares === 0 && used.threshold === 0;
  if (!withoutRecovery) checkNumbers(used);
  if (used.pgpKeys.length > 0 && used.pgpKeys.length !== used.shares) {
    throw new ServerError("invalid_request", "there must be as many PGP keys as shares");
  }
  return used;
}

/** Zeroes the root key it is given. */
async function sealRootKey(
  { seal, core }: InitializeOptions,
  numbers: ShareNumbers,
  rootKey: Buffer,
): Promise<{ readonly record: SealRecord; readonly shares: readonly Buffer[] }> {
  try {
    const made = numbers.shares === 0 ? undefined : makeShareSet(rootKey, numbers, core.random);
    const wrapped = await seal.automatic?.wrap(rootKey);
    return { record: { type: seal.type, shareSet: made?.set, wrapped }, shares: made?.shares ?? [] };
  } finally {
    rootKey.fill(0);
  }
}

async function answerBody(
  seal: SealKind,
  request: InitializeRequest,
  numbers: ShareNumbers,
  shares: readonly Buffer[],
  rootToken: string,
): Promise<ResponseData> {
  const given: Buffer[] = [];
  for (const [at, share] of shares.entries()) {
    const pgpKey = numbers.pgpKeys[at];
    // The hexadecimal text is what gets encrypted, so that what the holder decrypts can be typed in.
    given.push(pgpKey === undefined ? share : await encryptToPgpKey(pgpKey, Buffer.from(share.toString("hex"))));
  }
  const hex = given.map((share) => share.toString("hex"));
  const base64 = given.map((share) => share.toString("base64"));
  for (const share of shares) share.fill(0);
  const root_token = await rootTokenText(request.rootTokenPgpKey, rootToken);
  return seal.automatic === undefined
    ? { keys: hex, keys_base64: base64, root_token }
    : { keys: [], keys_base64: [], recovery_keys: hex, recovery_keys_base64: base64, root_token };
}

async function rootTokenText(pgpKey: string | undefined, rootToken: string): Promise<string> {
  if (pgpKey === undefined) return rootToken;
  return (await encryptToPgpKey(pgpKey, Buffer.from(rootToken))).toString("base64");
}

function keptAnswer({ recipient }: InitializeRequest, answer: ResponseData, rootToken: string): InitAnswer | undefined {
  if (recipient === undefined) return undefined;
  const plaintext = Buffer.from(stringifyJson(answer));
  const ciphertext = sealToRecipient(recipient, plaintext);
  plaintext.fill(0);
  return { recipient: Buffer.from(recipient), proofDigest: sha256(proofOf(rootToken)), ciphertext };
}
