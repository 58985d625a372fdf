import fc from "fast-check";
import { currentEpoch, nextLineage } from "../../sdk/lineage";
import type { Lineage } from "../../sdk/log";
import type { EpochIndex } from "../../sdk/replication";
import { standingOf } from "./index-standing";

/** One cluster of the model: its log holds the names of the writes it contains; "" is an entry of its own. */
interface ModelCluster {
  readonly id: string;
  log: string[];
  lineage: Lineage;
  /** What it follows, and up to where. A primary follows nobody. */
  cursor: EpochIndex | undefined;
}

interface Acknowledged {
  readonly name: string;
  readonly at: EpochIndex;
}

type Step =
  | { readonly kind: "write"; readonly cluster: number }
  | { readonly kind: "pull"; readonly cluster: number; readonly entries: number }
  | { readonly kind: "promote"; readonly cluster: number };

const CLUSTERS = 3;
const clusters = fc.nat({ max: CLUSTERS - 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("write" as const), cluster: clusters }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("pull" as const),
      cluster: clusters,
      entries: fc.integer({ min: 1, max: 6 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("promote" as const), cluster: clusters }) },
);

/** A set that is promoted again and again, with writes lost at promotions and old primaries that keep on writing. */
class ModelSet {
  readonly clusters: readonly ModelCluster[];
  readonly acknowledged: Acknowledged[] = [];
  private primary: ModelCluster;

  constructor() {
    this.clusters = Array.from({ length: CLUSTERS }, (_, number) => {
      return { id: `c${number}`, log: [], lineage: [], cursor: undefined };
    });
    this.primary = this.at(0);
    this.begin(this.primary, undefined);
  }

  take(action: Step): void {
    const cluster = this.at(action.cluster);
    if (action.kind === "write") this.write(cluster);
    else if (action.kind === "pull") this.pull(cluster, action.entries);
    else this.promote(cluster);
  }

  held(cluster: ModelCluster): EpochIndex | undefined {
    if (cluster.cursor !== undefined) return cluster.cursor;
    const epoch = currentEpoch(cluster.lineage);
    return epoch.clusterId === cluster.id ? { epoch, index: cluster.log.length } : undefined;
  }

  private at(number: number): ModelCluster {
    const cluster = this.clusters[number];
    if (cluster === undefined) throw new Error("no such cluster");
    return cluster;
  }

  /** Whoever thinks it is primary writes, a replaced one too, until it learns better. */
  private write(cluster: ModelCluster): void {
    if (cluster.cursor !== undefined || currentEpoch(cluster.lineage).clusterId !== cluster.id) return;
    const name = `w${this.acknowledged.length}`;
    cluster.log.push(name);
    this.acknowledged.push({ name, at: { epoch: currentEpoch(cluster.lineage), index: cluster.log.length } });
  }

  private pull(cluster: ModelCluster, entries: number): void {
    const { primary } = this;
    if (cluster === primary) return;
    const epoch = currentEpoch(primary.lineage);
    if (cluster.cursor === undefined || currentEpoch(cluster.lineage).number !== epoch.number) this.reconcile(cluster);
    const from = cluster.cursor?.index ?? 0;
    const taken = primary.log.slice(from, from + entries);
    cluster.log.push(...taken);
    cluster.cursor = { epoch, index: from + taken.length };
  }

  /** Makes the cluster hold what the primary does; its own numbering goes on. */
  private reconcile(cluster: ModelCluster): void {
    const { primary } = this;
    const wanted = new Set(primary.log);
    cluster.log = [
      ...cluster.log.map((name) => (wanted.has(name) ? name : "")),
      ...primary.log.filter((name) => name !== "" && !cluster.log.includes(name)),
    ];
    cluster.lineage = primary.lineage;
    cluster.cursor = { epoch: currentEpoch(primary.lineage), index: primary.log.length };
  }

  private promote(cluster: ModelCluster): void {
    if (cluster === this.primary || cluster.cursor === undefined) return;
    const { epoch, index } = cluster.cursor;
    this.begin(cluster, { clusterId: epoch.clusterId, index });
  }

  private begin(cluster: ModelCluster, after: { clusterId: string; index: number } | undefined): void {
    cluster.lineage = nextLineage(cluster.lineage, cluster.id, cluster.log.length + 1, after);
    cluster.log.push("");
    cluster.cursor = undefined;
    this.primary = cluster;
  }
}

test("what is said to be held is there, and what is there is never said to be lost", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const set = new ModelSet();
      for (const action of steps) {
        set.take(action);
        for (const cluster of set.clusters) {
          for (const { name, at } of set.acknowledged) {
            const standing = standingOf(cluster.lineage, set.held(cluster), at);
            const isThere = cluster.log.includes(name);
            if (standing === "held") expect(isThere).toBe(true);
            if (isThere) expect(standing).not.toBe("absent");
          }
        }
      }
    }),
    { numRuns: 300 },
  );
});

test("a follower of the primary holds exactly what it has applied", () => {
  const epoch = { number: 1, clusterId: "a" };
  const lineage = nextLineage([], "a", 10);
  const standing = (index: number) => standingOf(lineage, { epoch, index: 20 }, { epoch, index });
  expect([standing(0), standing(20), standing(21)]).toEqual(["held", "held", "awaited"]);
  expect(standingOf(lineage, undefined, { epoch, index: 5 })).toBe("awaited");
});

test("an index from before the first epoch counts on in it, and only for the cluster that began it", () => {
  const lineage = nextLineage([], "a", 10);
  const held = { epoch: { number: 1, clusterId: "a" }, index: 20 };
  expect(standingOf(lineage, held, { epoch: { number: 0, clusterId: "a" }, index: 9 })).toBe("held");
  expect(standingOf(lineage, held, { epoch: { number: 0, clusterId: "a" }, index: 10 })).toBe("absent");
  expect(standingOf(lineage, held, { epoch: { number: 0, clusterId: "b" }, index: 1 })).toBe("absent");
});

test("after a promotion the former numbering counts up to where it was left, and the fork's never", () => {
  const first = { number: 1, clusterId: "a" };
  const lineage = nextLineage(nextLineage([], "a", 1), "b", 5, { clusterId: "a", index: 100 });
  const held = { epoch: { number: 2, clusterId: "b" }, index: 7 };
  expect(standingOf(lineage, held, { epoch: first, index: 100 })).toBe("held");
  expect(standingOf(lineage, held, { epoch: first, index: 101 })).toBe("absent");
  expect(standingOf(lineage, held, { epoch: { number: 2, clusterId: "a" }, index: 1 })).toBe("absent");
  expect(standingOf(lineage, held, { epoch: { number: 3, clusterId: "c" }, index: 1 })).toBe("awaited");
  const behind = { epoch: { number: 2, clusterId: "b" }, index: 3 };
  expect(standingOf(lineage, behind, { epoch: first, index: 100 })).toBe("awaited");
  const unsaid = nextLineage(nextLineage([], "a", 1), "b", 5);
  expect(standingOf(unsaid, held, { epoch: first, index: 1 })).toBe("absent");
});
