import { compareBytes } from "../sdk/byte-order";
import { mountIdOfKey } from "../sdk/key-layout";
import type { KeyClass } from "../sdk/log";
import type { CommitReceipt, View, ViewValue, WriteCondition, WriteOperation } from "../sdk/view";
import { PendingWrite } from "./pending-write";

/** What a view needs of its barrier. Keys are whole. */
export interface ViewBackend {
  get(keyClass: KeyClass, key: string): Promise<ViewValue | undefined>;
  peek(keyClass: KeyClass, key: string): ViewValue | undefined;
  list(keyClass: KeyClass, prefix: string, after: string | undefined, limit: number): Promise<readonly string[]>;
  commit(operations: readonly WriteOperation[]): Promise<CommitReceipt>;
}

/** A place behind (nearly) every key of the folder, so that the next read skips it; names are compared besides. */
const FOLDER_END = "\u{10ffff}";
/** Small, because the keys of one folder may fill it and count as one name. */
const BATCH_KEYS = 64;

export class BarrierView implements View {
  readonly mountId: string;

  constructor(
    private readonly backend: ViewBackend,
    private readonly prefix: string,
    readonly keyClass: KeyClass,
  ) {
    if (prefix !== "" && !prefix.endsWith("/")) throw new Error(`a view's prefix ends in /: ${prefix}`);
    this.mountId = mountIdOfKey(prefix);
  }

  get class(): KeyClass {
    return this.keyClass;
  }

  get(key: string): Promise<ViewValue | undefined> {
    return this.backend.get(this.keyClass, this.prefix + key);
  }

  peek(key: string): ViewValue | undefined {
    return this.backend.peek(this.keyClass, this.prefix + key);
  }

  async list(prefix: string, options: { readonly after?: string; readonly limit: number }): Promise<readonly string[]> {
    const root = this.prefix + prefix;
    const names: string[] = [];
    let last = options.after;
    let place = last === undefined ? undefined : root + pastFolder(last);
    while (names.length < options.limit) {
      const keys = await this.backend.list(this.keyClass, root, place, BATCH_KEYS);
      for (const key of keys) {
        const name = firstName(key, root.length);
        if (name !== last && names.length < options.limit) names.push(name);
        last = name;
      }
      const lastKey = keys[keys.length - 1];
      if (lastKey === undefined || last === undefined || keys.length < BATCH_KEYS) break;
      const past = root + pastFolder(last);
      place = compareBytes(past, lastKey) > 0 ? past : lastKey;
    }
    return names;
  }

  async listAll(
    prefix: string,
    options: { readonly after?: string; readonly limit: number },
  ): Promise<readonly string[]> {
    const after = options.after === undefined ? undefined : this.prefix + options.after;
    const keys = await this.backend.list(this.keyClass, this.prefix + prefix, after, options.limit);
    return keys.map((key) => key.slice(this.prefix.length));
  }

  put(key: string, value: Buffer, condition?: WriteCondition): WriteOperation {
    return new PendingWrite("put", this.keyClass, this.prefix + key, value, condition?.ifRevision);
  }

  delete(key: string, condition?: WriteCondition): WriteOperation {
    return new PendingWrite("delete", this.keyClass, this.prefix + key, undefined, condition?.ifRevision);
  }

  commit(operations: readonly WriteOperation[]): Promise<CommitReceipt> {
    return this.backend.commit(operations);
  }

  narrow(prefix: string): View {
    return new BarrierView(this.backend, this.prefix + prefix, this.keyClass);
  }
}

/** The first segment of the key behind the root, with its `/` when more follows. */
function firstName(key: string, rootLength: number): string {
  const end = key.indexOf("/", rootLength);
  return end === -1 ? key.slice(rootLength) : key.slice(rootLength, end + 1);
}

function pastFolder(name: string): string {
  return name.endsWith("/") ? name + FOLDER_END : name;
}
