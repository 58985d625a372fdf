import { type Database, open } from "lmdb";

/**
 * Bare durable commits of the keys that one KV version 2 write of ours commits, each of the size that it has there (bytes of
 * the stored record, read from a data file after four writes of a secret of 300 bytes):
 *
 *   the version        361    the metadata        217    the log entry        963
 *   two leaves of the index, 44 each, at places that a keyed hash chooses among 65,536: pages that nobody else has touched
 *   the log's state, 207, and the last revision, 8: once a commit, however many writes share it
 *
 * All writes that are asked for in one turn of the event loop share a commit, and those that come while one is synced share
 * the next: as many committers, the same engine, the same settings, and a write counts once it is synced.
 */
const MOUNT = "r/data/8180a3b8-5e30-4e58-8aaa-84827817b595";
const LEAVES = "i/r/8180a3b8-5e30-4e58-8aaa-84827817b595";
const SECRETS_PER_CLIENT = 1000;

const value = (bytes: number): Buffer => Buffer.alloc(bytes, 1);
const VERSION = value(361);
const METADATA = value(217);
const ENTRY = value(963);
const LEAF = value(44);
const STATE = value(207);
const REVISION = value(8);

export interface BareOptions {
  readonly folder: string;
  readonly clients: number;
  readonly milliseconds: number;
  /** Rounds before this one on the same file: their secrets get their next versions. */
  readonly round: number;
}

/** @returns writes per second */
export async function commitBare({ folder, clients, milliseconds, round }: BareOptions): Promise<number> {
  const root = open<Buffer, string>({ path: folder, encoding: "binary", overlappingSync: false, maxDbs: 2 });
  const data = root.openDB<Buffer, string>("data", { encoding: "binary" });
  const meta = root.openDB<Buffer, string>("meta", { encoding: "binary" });
  const writer = new BareWriter(data, meta, round);
  const started = performance.now();
  const until = started + milliseconds;
  let writes = 0;
  const drive = async (client: number): Promise<void> => {
    for (let sequence = 0; performance.now() < until; sequence += 1) {
      await writer.write(client, sequence);
      writes += 1;
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, client) => drive(client)));
  const rate = (writes * 1000) / (performance.now() - started);
  await root.close();
  return rate;
}

class BareWriter {
  private index: number;
  private sharesTurn = false;

  constructor(
    private readonly data: Database<Buffer, string>,
    private readonly meta: Database<Buffer, string>,
    private readonly round: number,
  ) {
    this.index = round * 10_000_000;
  }

  /** Resolves once it is durable. */
  write(client: number, sequence: number): Promise<boolean> {
    const { data } = this;
    const path = `bench/${client}/${sequence % SECRETS_PER_CLIENT}`;
    const version = this.round * 100 + Math.floor(sequence / SECRETS_PER_CLIENT) + 1;
    this.index += 1;
    this.shared();
    data.put(`g/00000000/w/${this.index.toString(16).padStart(16, "0")}`, ENTRY);
    data.put(`g/00000000/${MOUNT}/metadata/${path}`, METADATA);
    data.put(`g/00000000/${LEAVES}/${leafOf(path)}`, LEAF);
    data.put(`g/00000000/${LEAVES}/${leafOf(`${version}/${path}`)}`, LEAF);
    return data.put(`g/00000000/${MOUNT}/versions/${version}/${path}`, VERSION);
  }

  private shared(): void {
    if (this.sharesTurn) return;
    this.sharesTurn = true;
    setImmediate(() => {
      this.sharesTurn = false;
    });
    this.data.put("g/00000000/x/log", STATE);
    this.meta.put("revision", REVISION);
  }
}

/** FNV-1a, folded to 16 bits: as scattered as the keyed hash, at no cost worth counting. */
function leafOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return ((hash ^ (hash >>> 16)) & 0xffff).toString(16).padStart(4, "0");
}
