import { hmacSha256, sha256Hex } from "../../sdk/crypto";
import { isServerError } from "../../sdk/errors";
import type { LogEntry } from "../../sdk/log";
import type { Random } from "../../sdk/random";
import type { View, ViewValue, WriteOperation } from "../../sdk/view";
import { decodeToken, encodeToken, type LoadedToken, loadedToken, type TokenRecord } from "./token-record";
import { type CarriedToken, carryIndex, openCarried } from "./token-text";

/** Where tokens lie inside the barrier: class `local`, but for `role/`, which is `replicated`. */
export const TOKEN_PREFIX = "core/token/";

const SALT_KEY = "salt";
const SALT_BYTES = 32;
const CODE_PURPOSE = "index of a token v1";
/** Tokens kept ready in memory, about 1 KiB each. */
const CACHED_TOKENS_MAX = 20_000;

/**
 * Stored tokens by the keyed hash of their text, with the indexes over them:
 *
 *   salt                          key of the hash
 *   id/<hash>                     the token
 *   accessor/<accessor>           hash
 *   parent/<hash>/<child hash>    edge of the tree
 *   expiry/<milliseconds>/<hash>  what the sweeper follows
 *   revoking/<hash>               root of a tree whose revocation has begun
 *
 * A token and its index entries are written in one commit.
 */
export class TokenStore {
  private keys: TokenKeys | undefined;
  /**
   * Shortens the way to a token that was accepted before: SHA-256 of (secret of this process | text) -> hash. Without the
   * secret nobody can choose what is compared, so the time of a look-up tells nothing; only accepted tokens get in.
   */
  private readonly accepted = new Map<string, string>();
  private readonly processSecret: Buffer;
  private readonly cache = new Map<string, LoadedToken>();
  /** Loads under way. An invalidation takes the load out, so that what it read late is not kept. */
  private readonly loading = new Map<string, Promise<LoadedToken | undefined>>();

  /** @param view on `core/token/`, class `local` */
  constructor(
    readonly view: View,
    private readonly random: Random,
  ) {
    this.processSecret = random.bytes(SALT_BYTES);
  }

  /** The hash of a token that was accepted lately, without waiting. */
  acceptedHash(token: Buffer): string | undefined {
    return this.accepted.get(this.digest(token));
  }

  accept(token: Buffer, hash: string): void {
    makeRoom(this.accepted);
    this.accepted.set(this.digest(token), hash);
  }

  private digest(token: Buffer): string {
    return sha256Hex(Buffer.concat([this.processSecret, token]));
  }

  /**
   * Keyed hash of a token's own text, whether it is given alone or with the index that it carries: finding a token by it
   * tells nothing by its time. 64 hexadecimal digits.
   */
  async hash(token: Buffer | string): Promise<string> {
    const { salt, code } = await this.currentKeys();
    return hmacSha256(salt, openCarried(code, textOf(token))?.id ?? token).toString("hex");
  }

  /** What a text made here carries; undefined for tokens without an index, and for everything else. */
  async carried(token: Buffer | string): Promise<CarriedToken | undefined> {
    return openCarried((await this.currentKeys()).code, textOf(token));
  }

  /** The text that a client gets of a token that is stored: it carries the index at which it was. */
  async textWith(token: CarriedToken): Promise<string> {
    return carryIndex((await this.currentKeys()).code, token);
  }

  /** Both go where the tokens go: to this cluster's DR secondaries and nowhere else. */
  private async currentKeys(): Promise<TokenKeys> {
    this.keys ??= tokenKeys(await this.loadSalt());
    return this.keys;
  }

  private async loadSalt(): Promise<Buffer> {
    for (;;) {
      const stored = await this.view.get(SALT_KEY);
      if (stored !== undefined) return Buffer.from(stored.value);
      const fresh = this.random.bytes(SALT_BYTES);
      try {
        await this.view.commit([this.view.put(SALT_KEY, fresh, { ifRevision: 0 })]);
        return fresh;
      } catch (error) {
        if (!isServerError(error, "write_conflict")) throw error;
      }
    }
  }

  cached(hash: string): LoadedToken | undefined {
    return this.cache.get(hash);
  }

  load(hash: string): Promise<LoadedToken | undefined> {
    const known = this.cache.get(hash);
    if (known !== undefined) return Promise.resolve(known);
    const underWay = this.loading.get(hash);
    if (underWay !== undefined) return underWay;
    const load = this.loadFresh(hash).then(
      (token) => {
        if (this.loading.get(hash) !== load) return token;
        this.loading.delete(hash);
        if (token !== undefined) this.keep(token);
        return token;
      },
      (error: unknown) => {
        if (this.loading.get(hash) === load) this.loading.delete(hash);
        throw error;
      },
    );
    this.loading.set(hash, load);
    return load;
  }

  private async loadFresh(hash: string): Promise<LoadedToken | undefined> {
    const stored = await this.view.get(`id/${hash}`);
    return stored === undefined ? undefined : decoded(hash, stored);
  }

  private keep(token: LoadedToken): void {
    makeRoom(this.cache);
    this.cache.set(token.hash, token);
  }

  async hashOfAccessor(accessor: string): Promise<string | undefined> {
    if (!/^[0-9A-Za-z]{1,64}$/.test(accessor)) return undefined;
    return (await this.view.get(`accessor/${accessor}`))?.value.toString("utf8");
  }

  /** Operations that make a token with its index entries. */
  creation(hash: string, record: TokenRecord): readonly WriteOperation[] {
    const operations = [
      this.view.put(`id/${hash}`, encodeToken(record), { ifRevision: 0 }),
      this.view.put(`accessor/${record.accessor}`, Buffer.from(hash), { ifRevision: 0 }),
    ];
    if (record.parent !== "") operations.push(this.view.put(edgeKey(record.parent, hash), PRESENT));
    const expiry = expiryKey(hash, record);
    if (expiry !== undefined) operations.push(this.view.put(expiry, PRESENT));
    return operations;
  }

  /** Operations that change a token that is as it was loaded. */
  change(before: LoadedToken, after: TokenRecord): readonly WriteOperation[] {
    const { hash } = before;
    const operations = [this.view.put(`id/${hash}`, encodeToken(after), { ifRevision: before.revision })];
    const expiryBefore = expiryKey(hash, before.record);
    const expiryAfter = expiryKey(hash, after);
    if (expiryBefore !== expiryAfter) {
      if (expiryBefore !== undefined) operations.push(this.view.delete(expiryBefore));
      if (expiryAfter !== undefined) operations.push(this.view.put(expiryAfter, PRESENT));
    }
    if (before.record.parent !== after.parent && before.record.parent !== "") {
      operations.push(this.view.delete(edgeKey(before.record.parent, hash)));
    }
    return operations;
  }

  /** Operations that remove a token with its index entries, but not its edges to children. */
  removal({ hash, record }: LoadedToken): readonly WriteOperation[] {
    const operations = [this.view.delete(`id/${hash}`), this.view.delete(`accessor/${record.accessor}`)];
    if (record.parent !== "") operations.push(this.view.delete(edgeKey(record.parent, hash)));
    const expiry = expiryKey(hash, record);
    if (expiry !== undefined) operations.push(this.view.delete(expiry));
    return operations;
  }

  /** Commits and forgets what was known of the tokens. */
  async commit(operations: readonly WriteOperation[], hashes: readonly string[]): Promise<void> {
    try {
      await this.view.commit(operations);
    } finally {
      for (const hash of hashes) this.forget(hash);
    }
  }

  /** Child hashes, sorted. */
  children(hash: string, limit: number, after?: string): Promise<readonly string[]> {
    return this.view.list(`parent/${hash}/`, after === undefined ? { limit } : { after, limit });
  }

  forget(hash: string): void {
    this.cache.delete(hash);
    this.loading.delete(hash);
  }

  /** Forgets everything: after the data was replaced as a whole. */
  forgetAll(): void {
    this.keys = undefined;
    this.cache.clear();
    this.accepted.clear();
    this.loading.clear();
  }

  /** For every entry that this node applies, own or another's. */
  onEntry(entry: Pick<LogEntry, "operations">): void {
    for (const { key, class: keyClass } of entry.operations) {
      if (keyClass !== "local" || !key.startsWith(TOKEN_PREFIX)) continue;
      const relative = key.slice(TOKEN_PREFIX.length);
      if (relative === SALT_KEY) this.forgetAll();
      else if (relative.startsWith("id/")) this.forget(relative.slice(3));
    }
  }
}

interface TokenKeys {
  readonly salt: Buffer;
  /** Of the codes in tokens that carry an index. */
  readonly code: Buffer;
}

function tokenKeys(salt: Buffer): TokenKeys {
  return { salt, code: hmacSha256(salt, CODE_PURPOSE) };
}

function textOf(token: Buffer | string): string {
  return typeof token === "string" ? token : token.toString("latin1");
}

/** Takes the entry out that came first when the map is full. */
function makeRoom(map: Map<string, unknown>): void {
  if (map.size < CACHED_TOKENS_MAX) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}

export const PRESENT = Buffer.from("1");

export function edgeKey(parent: string, child: string): string {
  return `parent/${parent}/${child}`;
}

/** Zero-padded, so that the order of bytes is the order of time. */
export function expiryPrefix(expireTimeMilliseconds: number): string {
  return `expiry/${String(expireTimeMilliseconds).padStart(15, "0")}/`;
}

function expiryKey(hash: string, { expireTimeMilliseconds }: TokenRecord): string | undefined {
  return expireTimeMilliseconds === undefined ? undefined : `${expiryPrefix(expireTimeMilliseconds)}${hash}`;
}

function decoded(hash: string, stored: ViewValue): LoadedToken {
  return loadedToken(hash, decodeToken(stored.value), stored.revision);
}
