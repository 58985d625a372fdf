import * as fc from "fast-check";
import type { CommitBatch, ListOptions, Storage } from "../../server/sdk/storage";
import { StorageConflict } from "../../server/sdk/storage";

/** Few keys, so that they meet: shared prefixes, folders, bytes that UTF-16 would order otherwise. */
const keyTexts = [
  "a",
  "a/",
  "a/b",
  "a/b/c",
  "ab",
  "b",
  "b/\0",
  "\0",
  "g/1/\ue000",
  "g/1/\uffff",
  "g/1/\u{10000}",
  "é",
  "k".repeat(1900),
];
const key = fc.constantFrom(...keyTexts);
const value = fc.oneof(fc.constant(""), fc.string({ maxLength: 20 }), fc.constant("x".repeat(20_000)));

/** What a caller may think the revision of a key is. */
type Belief = "right" | "absent" | "stale" | "none";

interface CommitStep {
  readonly kind: "commit";
  readonly writes: readonly { readonly key: string; readonly value: string | undefined; readonly belief: Belief }[];
  readonly alsoCheck: readonly { readonly key: string; readonly belief: Belief }[];
}
interface RangeStep {
  readonly kind: "range";
  readonly prefix: string;
  readonly options: ListOptions;
}
export type Step = CommitStep | RangeStep | { readonly kind: "reopen" };

const belief = fc.constantFrom<Belief>("right", "right", "none", "none", "absent", "stale");
const prefix = fc.oneof(key, fc.constantFrom("", "a", "g/1/", "g/", "zzz"));
const after = fc.oneof(key, fc.constantFrom("", "a/a", "g/1/\u{1f600}"));

const commitStep: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant("commit" as const),
  writes: fc.uniqueArray(fc.record({ key, value: fc.option(value, { nil: undefined }), belief }), {
    maxLength: 5,
    selector: (write) => write.key,
  }),
  alsoCheck: fc.array(fc.record({ key, belief }), { maxLength: 2 }),
});
const rangeStep: fc.Arbitrary<Step> = fc
  .record({ prefix, after: fc.option(after, { nil: undefined }), limit: fc.nat({ max: 8 }) })
  .map((range) => ({
    kind: "range" as const,
    prefix: range.prefix,
    options: range.after === undefined ? { limit: range.limit } : { after: range.after, limit: range.limit },
  }));

export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: commitStep },
    { weight: 4, arbitrary: rangeStep },
    { weight: 1, arbitrary: fc.constant<Step>({ kind: "reopen" }) },
  ),
  { minLength: 5, maxLength: 30 },
);

interface Known {
  readonly value: string;
  readonly revision: number;
}

/** What the storage must hold, told step by step. */
export class StorageModel {
  private readonly content = new Map<string, Known>();
  /** Every revision ever seen of a key: none may come back. */
  private readonly seen = new Map<string, Set<number>>();

  /** The commit and the key of the precondition that must fail, if one must. */
  batchOf(step: CommitStep): { readonly batch: CommitBatch; readonly conflict: string | undefined } {
    const preconditions = [...step.writes, ...step.alsoCheck]
      .filter((claim) => claim.belief !== "none")
      .map((claim) => ({ key: claim.key, revision: this.believed(claim.key, claim.belief) }));
    const conflict = preconditions.find((claim) => claim.revision !== (this.content.get(claim.key)?.revision ?? 0));
    const puts = step.writes.flatMap((write) =>
      write.value === undefined ? [] : [{ key: write.key, value: Buffer.from(write.value) }],
    );
    const deletes = step.writes.flatMap((write) => (write.value === undefined ? [write.key] : []));
    return { batch: { preconditions, puts, deletes }, conflict: conflict?.key };
  }

  private believed(key: string, kind: Belief): number {
    const revision = this.content.get(key)?.revision ?? 0;
    if (kind === "absent") return 0;
    return kind === "stale" ? revision + 1_000_000 : revision;
  }

  async commit(storage: Storage, step: CommitStep): Promise<void> {
    const { batch, conflict } = this.batchOf(step);
    const outcome = await storage.commit(batch).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (conflict !== undefined) {
      expect(outcome).toBeInstanceOf(StorageConflict);
      expect(outcome).toMatchObject({ key: conflict });
      return;
    }
    expect(outcome).toBeUndefined();
    for (const deleted of batch.deletes) this.content.delete(deleted);
    const stored = await storage.read(batch.puts.map((put) => put.key));
    for (const [index, put] of batch.puts.entries()) this.learn(put.key, put.value.toString(), stored[index]?.revision);
  }

  private learn(key: string, value: string, revision: number | undefined): void {
    const seen = this.seen.get(key) ?? new Set();
    if (revision === undefined || revision <= 0 || seen.has(revision))
      throw new Error(`revision ${revision} of ${key}`);
    this.seen.set(key, seen.add(revision));
    this.content.set(key, { value, revision });
  }

  async range(storage: Storage, { prefix: wanted, options }: RangeStep): Promise<void> {
    const expected = this.sorted().filter(
      (pair) =>
        pair.key.startsWith(wanted) && (options.after === undefined || compareUtf8(pair.key, options.after) > 0),
    );
    const page = expected.slice(0, options.limit);
    expect(await storage.list(wanted, options)).toEqual(page.map((pair) => pair.key));
    expect((await storage.scan(wanted, options)).map(plain)).toEqual(page);
  }

  async everything(storage: Storage): Promise<void> {
    expect((await storage.scan("", { limit: 1000 })).map(plain)).toEqual(this.sorted());
    const stored = await storage.read(keyTexts);
    expect(stored.map((found) => found && { value: found.value.toString(), revision: found.revision })).toEqual(
      keyTexts.map((text) => this.content.get(text)),
    );
  }

  private sorted(): (Known & { readonly key: string })[] {
    return [...this.content]
      .map(([text, known]) => ({ key: text, ...known }))
      .sort((a, b) => compareUtf8(a.key, b.key));
  }
}

function compareUtf8(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

function plain(pair: { readonly key: string; readonly value: Buffer; readonly revision: number }): Known & {
  readonly key: string;
} {
  return { key: pair.key, value: pair.value.toString(), revision: pair.revision };
}
