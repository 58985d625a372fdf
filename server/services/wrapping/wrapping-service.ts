import type { Clock } from "../../sdk/clock";
import { isServerError, ServerError } from "../../sdk/errors";
import { KeyedLock } from "../../sdk/keyed-lock";
import type { WrapInfo } from "../../sdk/outcome";
import { encodeRecord, StoredRecord } from "../../sdk/stored-record";
import type { View, ViewValue } from "../../sdk/view";
import type { WrapLookup, WrappingPort } from "../../sdk/wrapping";

/** Where wrapped answers lie inside the barrier, class `local`. */
export const WRAPPING_PREFIX = "core/wrapping/";

const TTL_SECONDS_MAX = 32 * 24 * 60 * 60;
const BODY_BYTES_MAX = 32 * 1024 * 1024;
const PATH_LENGTH_MAX = 4_096;

/** What wrapping needs of the token service. */
export interface WrappingTokens {
  createWrappingToken(draft: {
    readonly path: string;
    readonly ttlSeconds: number;
    readonly limits: { readonly defaultLeaseTtlSeconds: number; readonly maxLeaseTtlSeconds: number };
  }): Promise<{ readonly auth: { readonly clientToken: string; readonly accessor: string }; readonly hash: string }>;
  /** Hash of the live token, without taking its use. */
  findLive(token: string): Promise<{ readonly hash: string; readonly wrapping: boolean } | undefined>;
  revokeByHash(hash: string): Promise<void>;
  /** Calls the hook with the hash of every token that ends. */
  addRevocationHook(hook: (hash: string) => Promise<void>): void;
}

interface Wrapped extends WrapLookup {
  readonly wrappedAccessor: string;
  readonly body: Buffer;
}

/**
 * Keeps answers under single-use tokens. Deleting the answer, on condition that nobody else changed it, is what decides who
 * opened it: it happens once, durably, before the answer is given out. A kill after that loses the answer and never gives it
 * out twice.
 */
export class WrappingService implements WrappingPort {
  private readonly lock = new KeyedLock();

  /** @param storage view on `core/wrapping/`, class `local` */
  constructor(
    private readonly storage: View,
    private readonly tokens: WrappingTokens,
    private readonly clock: Clock,
  ) {
    tokens.addRevocationHook((hash) => this.forget(hash));
  }

  async wrap(body: Buffer, ttlSeconds: number, creationPath: string, wrappedAccessor = ""): Promise<WrapInfo> {
    if (!Number.isSafeInteger(ttlSeconds) || ttlSeconds <= 0 || ttlSeconds > TTL_SECONDS_MAX) {
      throw new ServerError("invalid_request", `a wrapping TTL is 1 to ${TTL_SECONDS_MAX} seconds`);
    }
    if (body.length > BODY_BYTES_MAX) throw new ServerError("body_too_large");
    const creationTimeMilliseconds = this.clock.nowMilliseconds();
    const limits = { defaultLeaseTtlSeconds: ttlSeconds, maxLeaseTtlSeconds: ttlSeconds };
    const path = creationPath.slice(0, PATH_LENGTH_MAX);
    const { auth, hash } = await this.tokens.createWrappingToken({ path, ttlSeconds, limits });
    const wrapped = {
      body,
      creationPath: path,
      creationTimeMilliseconds,
      creationTtlSeconds: ttlSeconds,
      wrappedAccessor,
    };
    await this.storage.commit([this.storage.put(hash, encode(wrapped), { ifRevision: 0 })]);
    return {
      token: auth.clientToken,
      accessor: auth.accessor,
      ttlSeconds,
      creationTimeMilliseconds,
      creationPath: path,
      ...(wrappedAccessor === "" ? {} : { wrappedAccessor }),
    };
  }

  async unwrap(token: string): Promise<{ readonly body: Buffer }> {
    return { body: (await this.take(token)).body };
  }

  async lookup(token: string): Promise<WrapLookup> {
    const { creationPath, creationTimeMilliseconds, creationTtlSeconds } = decode((await this.find(token)).stored);
    return { creationPath, creationTimeMilliseconds, creationTtlSeconds };
  }

  async rewrap(token: string): Promise<WrapInfo> {
    const { body, creationTtlSeconds, creationPath, wrappedAccessor } = await this.take(token);
    return this.wrap(body, creationTtlSeconds, creationPath, wrappedAccessor);
  }

  /** What a token wrapped and nobody opened goes with it. */
  private async forget(hash: string): Promise<void> {
    if ((await this.storage.get(hash)) !== undefined) await this.storage.commit([this.storage.delete(hash)]);
  }

  private async take(token: string): Promise<Wrapped> {
    const { hash } = await this.find(token);
    const wrapped = await this.lock.run(hash, async () => {
      const { stored } = await this.find(token);
      try {
        await this.storage.commit([this.storage.delete(hash, { ifRevision: stored.revision })]);
      } catch (error) {
        if (isServerError(error, "write_conflict")) throw notValid();
        throw error;
      }
      return decode(stored);
    });
    await this.tokens.revokeByHash(hash);
    return wrapped;
  }

  private async find(token: string): Promise<{ readonly hash: string; readonly stored: ViewValue }> {
    const live = token === "" ? undefined : await this.tokens.findLive(token);
    const stored = live?.wrapping === true ? await this.storage.get(live.hash) : undefined;
    if (live === undefined || stored === undefined) throw notValid();
    return { hash: live.hash, stored };
  }
}

function notValid(): ServerError {
  return new ServerError("invalid_request", "wrapping token is not valid or does not exist");
}

/** A line of JSON, then the body as it came. */
function encode({ body, ...facts }: Wrapped): Buffer {
  return Buffer.concat([encodeRecord(facts), Buffer.from("\n"), body]);
}

function decode({ value }: ViewValue): Wrapped {
  const end = value.indexOf(0x0a);
  const record = StoredRecord.parse(value.subarray(0, Math.max(0, end)), "wrapped answer");
  return {
    creationPath: record.text("creationPath"),
    creationTimeMilliseconds: record.number("creationTimeMilliseconds"),
    creationTtlSeconds: record.number("creationTtlSeconds"),
    wrappedAccessor: record.text("wrappedAccessor"),
    body: Buffer.from(value.subarray(end + 1)),
  };
}
