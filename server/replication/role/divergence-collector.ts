import type { Barrier } from "../../sdk/barrier";
import { compareBytes } from "../../sdk/byte-order";
import type { MountFacts, ParsedWrite, Revocation, RevocationFinder, WriteMeanings } from "../../sdk/divergence";
import { isServerError } from "../../sdk/errors";
import { CORE_MOUNT_ID, mountDataPrefix } from "../../sdk/key-layout";
import type { LogEntry, LoggedClass, LogOperation, ReplicationMode } from "../../sdk/log";
import type { StoredKeys } from "../../sdk/stored-keys";
import { CLASSES_OF_MODE } from "../filter/entry-filter";
import { DIVERGENCE_LIMITS, type DivergenceRow, type DivergenceState } from "./divergence-records";

export interface CollectorOptions {
  readonly barrier: Pick<Barrier, "decrypt">;
  readonly mode: ReplicationMode;
  /** Left out: keys are named as they are stored. */
  readonly meanings: WriteMeanings | undefined;
  mountPathOf(mountId: string): Promise<string | undefined>;
  /** Room for kept values. */
  readonly valueBytesMax: number;
}

interface Row extends Omit<DivergenceRow, "states"> {
  puts: number;
  deletes: number;
  lastMilliseconds: number;
  readonly stateKeys: Set<string>;
}

/** Where a key belongs. */
interface Place {
  readonly path: string;
  readonly mount: MountFacts | undefined;
  /** Relative to the mount's data; the whole key where it is none. */
  readonly key: string;
  /** Whether its last state is kept: only where its mount says what of it the API would answer. The rest is nobody's to read. */
  readonly isKept: boolean;
}

interface KnownMount {
  readonly facts: MountFacts | undefined;
  readonly keys: StoredKeys | undefined;
  readonly path: string | undefined;
}

export interface CollectedWrites {
  readonly rows: readonly DivergenceRow[];
  readonly states: readonly DivergenceState[];
  readonly revocations: readonly Revocation[];
  readonly writes: number;
  readonly keptBytes: number;
  readonly unlistedPaths: number;
  readonly unkeptValues: number;
}

/** Sums up writes per API path, and keeps the last state of every key as far as there is room. */
export class DivergenceCollector {
  private readonly rows = new Map<string, Row>();
  private readonly states = new Map<string, DivergenceState>();
  private readonly unlisted = new Set<string>();
  private readonly unkept = new Set<string>();
  private readonly mountRevocations = new Map<string, Revocation>();
  private readonly finder: RevocationFinder | undefined;
  private readonly mounts = new Map<string, KnownMount>();
  private writes = 0;
  private keptBytes = 0;

  constructor(private readonly options: CollectorOptions) {
    this.finder = options.meanings?.findRevocations();
  }

  /** A whole entry of the log counts once for each path that it touches. */
  async takeEntry(entry: LogEntry): Promise<void> {
    const touched = new Map<string, { readonly place: Place; readonly class: LoggedClass; put: boolean }>();
    for (const operation of entry.operations) {
      if (!CLASSES_OF_MODE[this.options.mode].includes(operation.class)) continue;
      const write = this.parsed(operation, entry.writtenAtMilliseconds);
      if (write !== undefined) this.finder?.take(write);
      await this.takeMountRevocation(operation);
      const place = await this.placeOf(operation, write);
      if (place === undefined) continue;
      const known = touched.get(place.path) ?? { place, class: operation.class, put: false };
      touched.set(place.path, { ...known, put: known.put || operation.value !== undefined });
      if (this.list(place, operation.class, entry.writtenAtMilliseconds)) this.keep(operation, place, write);
    }
    for (const [path, { put }] of touched) this.count(path, put, entry.writtenAtMilliseconds);
    if (touched.size > 0) this.writes += 1;
  }

  /** A key that we hold otherwise than they do; when it was written is not known. Undefined: its value is damaged. */
  async takeHeld(keyClass: LoggedClass, mountId: string, key: string, ciphertext: Buffer | undefined): Promise<void> {
    if (this.states.has(stateKey(keyClass, key)) || this.unkept.has(stateKey(keyClass, key))) return;
    const operation = { class: keyClass, mountId, key, value: ciphertext };
    const write = ciphertext === undefined ? undefined : this.parsed(operation, 0);
    const place = await this.placeOf(operation, write);
    if (place === undefined) return;
    if (this.list(place, keyClass, 0)) this.keep(operation, place, write);
    this.count(place.path, true, 0);
    this.writes += 1;
  }

  result(): CollectedWrites {
    const numbers = new Map([...this.states.keys()].map((key, number) => [key, number]));
    const rows = [...this.rows.values()].map(({ stateKeys, ...row }) => ({
      ...row,
      states: [...stateKeys].flatMap((key) => numbers.get(key) ?? []),
    }));
    return {
      rows: rows.sort((left, right) => compareBytes(left.path, right.path)),
      states: [...this.states.values()],
      revocations: [...(this.finder?.found() ?? []), ...this.mountRevocations.values()],
      writes: this.writes,
      keptBytes: this.keptBytes,
      unlistedPaths: this.unlisted.size,
      unkeptValues: this.unkept.size,
    };
  }

  /** Undefined: the value cannot be read here. It is listed all the same. */
  private parsed(operation: LogOperation, writtenAtMilliseconds: number): ParsedWrite | undefined {
    const { class: keyClass, key, value } = operation;
    try {
      const plaintext = value === undefined || isRootSealed(key) ? undefined : value;
      const decrypted = plaintext && this.options.barrier.decrypt(keyClass, key, plaintext);
      return value !== undefined && decrypted === undefined
        ? undefined
        : { class: keyClass, key, value: decrypted, writtenAtMilliseconds };
    } catch (error) {
      if (!isServerError(error, "corrupt")) throw error;
      return undefined;
    }
  }

  /** @returns whether the path is listed */
  private list(place: Place, keyClass: LoggedClass, atMilliseconds: number): boolean {
    const { path, mount } = place;
    if (this.rows.has(path)) return true;
    if (this.rows.size >= DIVERGENCE_LIMITS.paths) {
      if (this.unlisted.size < COUNTED_MAX) this.unlisted.add(path);
      return false;
    }
    const times = { firstMilliseconds: atMilliseconds, lastMilliseconds: atMilliseconds };
    this.rows.set(path, { path, class: keyClass, mount, puts: 0, deletes: 0, ...times, stateKeys: new Set() });
    return true;
  }

  private count(path: string, put: boolean, atMilliseconds: number): void {
    const row = this.rows.get(path);
    if (row === undefined) return;
    if (put) row.puts += 1;
    else row.deletes += 1;
    row.lastMilliseconds = Math.max(row.lastMilliseconds, atMilliseconds);
  }

  private keep(operation: LogOperation, place: Place, write: ParsedWrite | undefined): void {
    if (!place.isKept) return;
    const name = stateKey(operation.class, operation.key);
    const before = this.states.get(name)?.value?.length ?? 0;
    const size = write?.value?.length ?? 0;
    const isFull = !this.states.has(name) && this.states.size >= DIVERGENCE_LIMITS.values;
    const fits = this.keptBytes - before + size <= this.options.valueBytesMax;
    this.keptBytes -= before;
    this.states.delete(name);
    if (write === undefined || isFull || !fits) {
      if (this.unkept.size < COUNTED_MAX) this.unkept.add(name);
      return;
    }
    this.unkept.delete(name);
    this.keptBytes += size;
    this.states.set(name, { key: place.key, value: write.value });
    this.rows.get(place.path)?.stateKeys.add(name);
  }

  private async placeOf(operation: LogOperation, write: ParsedWrite | undefined): Promise<Place | undefined> {
    const { key, mountId, class: keyClass } = operation;
    const { meanings } = this.options;
    if (mountId === CORE_MOUNT_ID) {
      const asRead = write ?? { class: keyClass, key, value: undefined, writtenAtMilliseconds: 0 };
      const path = meanings === undefined ? key : meanings.corePathOf(asRead);
      return path === undefined ? undefined : { path, mount: undefined, key, isKept: isPolicy(key) };
    }
    const { facts, keys, path } = await this.mountOf(mountId);
    const prefix = mountDataPrefix(mountId);
    if (!key.startsWith(prefix)) {
      return { path: `sys/mounts/${path ?? mountId}`, mount: undefined, key, isKept: false };
    }
    const relative = key.slice(prefix.length);
    const known = keys === undefined ? relative : keys.pathOf(relative);
    return known === undefined
      ? undefined
      : { path: (path ?? prefix) + known, mount: facts, key: relative, isKept: keys?.read !== undefined };
  }

  private async takeMountRevocation({ class: keyClass, mountId, key, value }: LogOperation): Promise<void> {
    if (keyClass !== "replicated" || mountId === CORE_MOUNT_ID) return;
    // Taken back and made anew is not taken back.
    if (value !== undefined) return void this.mountRevocations.delete(key);
    const { keys } = await this.mountOf(mountId);
    const found = keys?.revocationBy?.(key.slice(mountDataPrefix(mountId).length));
    if (found !== undefined) this.mountRevocations.set(key, { kind: "mount", mountId, ...found });
  }

  private async mountOf(mountId: string): Promise<KnownMount> {
    const known = this.mounts.get(mountId);
    if (known !== undefined) return known;
    const { meanings } = this.options;
    const facts = meanings?.mountOf(mountId);
    const keys = facts && meanings?.storedKeysOf(facts);
    const path = facts?.path ?? (await this.options.mountPathOf(mountId));
    const mount = { facts, keys, path };
    this.mounts.set(mountId, mount);
    return mount;
  }
}

/** Paths and values that are only counted, until it no longer matters how many there are. */
const COUNTED_MAX = 1_000_000;

/** Of what lies in no mount only policies are kept: anybody who may list reports may read them. */
export function isPolicy(key: string): boolean {
  return key.startsWith("core/policy/");
}

/** Keyrings are sealed under the root key and are nobody's to read. */
function isRootSealed(key: string): boolean {
  return key === "core/keyring" || key === "core/keyring-kept";
}

function stateKey(keyClass: LoggedClass, key: string): string {
  return `${keyClass}/${key}`;
}
