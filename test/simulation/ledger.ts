import type { Epoch, ReplicationMode } from "../../server/sdk/log";

/** A client's write, from when it was sent to when it is known what became of it. `value` undefined: a deletion. */
export interface Attempt {
  readonly table: string;
  readonly key: string;
  readonly value: string | undefined;
  /** Where it was acknowledged. */
  cluster: string;
  index: number;
}

/** What a promoted cluster had of the one that it replaced. */
export interface Inheritance {
  readonly table: string;
  readonly from: string;
  readonly to: string;
  /** Last index of `from` that it had applied. */
  readonly upToIndex: number;
  /** First index of its own log since it took over. */
  readonly startIndex: number;
  readonly planned: boolean;
  /** Whether every acknowledged write must have come along. */
  readonly lossless: boolean;
}

/** What a cluster that takes over holds of the one that it followed. */
export interface Held {
  readonly cluster: string;
  readonly index: number;
  /** How far that one had come, at the index, in what another cluster wrote; undefined: nobody can say. */
  readonly indexOf: (other: string) => number | undefined;
}

export interface TakeOver {
  readonly to: string;
  /** Undefined: nobody can say what it had of the former owner. */
  readonly upTo: Held | undefined;
  /** First index of the new epoch in the log of who takes over. */
  readonly startIndex: number;
  readonly planned: boolean;
  readonly synchronous?: boolean;
}

interface Table {
  /** The cluster whose acknowledgements count. */
  owner: string;
  readonly acked: Map<string, Attempt[]>;
  /** Writes that may or may not have happened, or may still happen. */
  readonly open: Map<string, Set<Attempt>>;
  /** Keys of which an unplanned failover left open what they are. */
  readonly pardoned: Set<string>;
}

/** Indexes of a cluster's own log, the first one excluded. `end` undefined: it goes on. */
interface Span {
  readonly start: number;
  end: number | undefined;
}

export type Violate = (invariant: number, text: string) => void;

/**
 * What clients were told, and what must therefore be true. A table is a body of data with one cluster that may acknowledge
 * writes to it: the shared data of a set, or the own data (class `local`) of one site.
 */
export class Ledger {
  private readonly tables = new Map<string, Table>();
  private readonly writers = new Map<string, string>();
  private readonly inheritances: Inheritance[] = [];
  /** Clusters that were replaced and that an operator has go on all the same, and the last index before that. */
  private readonly overridden = new Map<string, number>();
  /** What clusters acknowledged while no DR secondary had to have it: an operator had revoked it. */
  private readonly unguarded = new Map<string, Span[]>();
  private readonly lastAcknowledged = new Map<string, number>();
  acknowledged = 0;

  /** @param isCovered whether a synchronous DR secondary must have what a cluster acknowledged at an index */
  constructor(
    private readonly violate: Violate,
    private readonly isCovered: (cluster: string, index: number) => boolean = () => true,
  ) {}

  addTable(name: string, owner: string): void {
    this.tables.set(name, { owner, acked: new Map(), open: new Map(), pardoned: new Set() });
  }

  ownerOf(table: string): string {
    return this.table(table).owner;
  }

  /** Whether the table's owner got it by a promotion. */
  wasTakenOver(name: string): boolean {
    return this.inheritances.some(({ table }) => table === name);
  }

  tableNames(): readonly string[] {
    return [...this.tables.keys()];
  }

  keysOf(table: string): readonly string[] {
    const { acked, open } = this.table(table);
    return [...new Set([...acked.keys(), ...open.keys()])];
  }

  begin(table: string, key: string, value: string | undefined): Attempt {
    const attempt = { table, key, value, cluster: "", index: 0 };
    const { open } = this.table(table);
    const attempts = open.get(key) ?? new Set();
    open.set(key, attempts.add(attempt));
    return attempt;
  }

  /** It certainly did not happen. */
  refused(attempt: Attempt): void {
    this.table(attempt.table).open.get(attempt.key)?.delete(attempt);
  }

  /** `cluster` said that it is durable, at `index` of its log. */
  acknowledge(attempt: Attempt, cluster: string, index: number): void {
    this.acknowledged += 1;
    attempt.cluster = cluster;
    attempt.index = index;
    this.lastAcknowledged.set(cluster, Math.max(index, this.lastAcknowledged.get(cluster) ?? 0));
    const table = this.table(attempt.table);
    if (cluster !== table.owner && !this.wasInherited(attempt, table.owner)) return;
    table.open.get(attempt.key)?.delete(attempt);
    const acked = table.acked.get(attempt.key) ?? [];
    // An answer that waited for long may come after those of later writes: what is stored is in the order of the log.
    const before = acked.findLastIndex((one) => one.cluster !== cluster || one.index < index) + 1;
    table.acked.set(attempt.key, acked.toSpliced(before, 0, attempt));
    if (before === acked.length) table.pardoned.delete(attempt.key);
  }

  /** Invariant 2: in one epoch one cluster acknowledges. */
  acknowledgedIn(scope: string, mode: ReplicationMode, epoch: Epoch, cluster: string): void {
    if (epoch.number === 0) return;
    const name = `${scope} ${mode} ${epoch.number} ${epoch.clusterId}`;
    const writer = this.writers.get(name);
    this.writers.set(name, writer ?? cluster);
    if (writer !== undefined && writer !== cluster) {
      this.violate(2, `${writer} and ${cluster} both acknowledged writes in ${mode} epoch ${epoch.number}`);
    }
  }

  /**
   * An operator asked a cluster that was replaced to go on: from there it counts for itself. What it writes behind `index` is
   * with nobody else, and an operator who does that was told so.
   */
  override(cluster: string, index: number): void {
    this.overridden.set(cluster, index);
  }

  /** It certainly did not happen. */
  notOverridden(cluster: string): void {
    this.overridden.delete(cluster);
  }

  /**
   * An operator revokes the DR secondary of a cluster: until it is synchronous again, an unplanned promotion may lose what it
   * acknowledges. What it had acknowledged before is with the secondary. @returns whether that begins now
   */
  unguard(cluster: string): boolean {
    const spans = this.unguarded.get(cluster) ?? [];
    if (spans.some(({ end }) => end === undefined)) return false;
    this.unguarded.set(cluster, [...spans, { start: this.lastAcknowledged.get(cluster) ?? 0, end: undefined }]);
    return true;
  }

  /** It certainly did not revoke. */
  notUnguarded(cluster: string): void {
    const spans = this.unguarded.get(cluster) ?? [];
    this.unguarded.set(
      cluster,
      spans.filter(({ end }) => end !== undefined),
    );
  }

  /** What it writes behind `index` is acknowledged by a DR secondary too. */
  guard(cluster: string, index: number): void {
    for (const span of this.unguarded.get(cluster) ?? []) span.end ??= index;
  }

  /** A cluster took a table over. */
  handOver(name: string, { to, upTo, startIndex, planned, synchronous = false }: TakeOver): void {
    const lossless = planned || synchronous;
    const mustCome = (one: Attempt): boolean => planned || !this.isUnguarded(one);
    const table = this.table(name);
    const from = table.owner;
    this.overridden.delete(to);
    if (from === to) return;
    table.owner = to;
    if (upTo === undefined || upTo.cluster !== from) {
      if (planned) this.violate(1, `${to} took over from ${from} without having followed it`);
      this.pardon(name);
      return;
    }
    const came = this.inheritances.findLast((step) => step.table === name && step.to === from);
    this.inheritances.push({ table: name, from, to, upToIndex: upTo.index, startIndex, planned, lossless });
    // Who stands before the former owner's own promotion has not all of what that one inherited either.
    const isBefore = came !== undefined && upTo.index < came.startIndex;
    for (const [key, attempts] of table.acked) {
      const lost = attempts.filter(({ cluster, index }) => cluster === from && index > upTo.index);
      const missed = attempts.filter((one) => isBefore && one.cluster !== from && !isWithin(one, upTo));
      const first = [...lost, ...missed].find(mustCome);
      if (first !== undefined && lossless) this.violate(1, lossText(first, first.cluster, to, upTo.index));
      // How far it had come in that is known from its entries only; a repair brings what no entry tells of.
      if (missed.length > 0) table.pardoned.add(key);
      const kept = attempts.filter((attempt) => !lost.includes(attempt) && !missed.includes(attempt));
      table.acked.set(key, kept);
    }
  }

  /** The content was replaced as a whole, as the operator wanted, or by a failover of which nothing is known. */
  pardon(name: string): void {
    const table = this.table(name);
    for (const key of this.keysOf(name)) table.pardoned.add(key);
  }

  /** Values that a reader may see now. Undefined: any at all. */
  allowed(name: string, key: string): ReadonlySet<string | undefined> | undefined {
    const table = this.table(name);
    if (table.pardoned.has(key)) return undefined;
    const last = table.acked.get(key)?.at(-1);
    return new Set([last?.value, ...[...(table.open.get(key) ?? [])].map((attempt) => attempt.value)]);
  }

  /** Told late: the answer was under way while the table was taken over. */
  private wasInherited(attempt: Attempt, owner: string): boolean {
    const step = this.inheritances.findLast((one) => one.table === attempt.table && one.from === attempt.cluster);
    if (step === undefined) return false;
    const included = attempt.index <= step.upToIndex;
    const fork = this.overridden.get(attempt.cluster);
    if (fork !== undefined && attempt.index > fork) return false;
    if (!included && step.lossless && (step.planned || !this.isUnguarded(attempt)))
      this.violate(1, lossText(attempt, step.from, step.to, step.upToIndex));
    return included && step.to === owner && step.planned;
  }

  private isUnguarded({ cluster, index }: Attempt): boolean {
    const spans = this.unguarded.get(cluster) ?? [];
    if (!this.isCovered(cluster, index)) return true;
    return spans.some(({ start, end }) => index > start && (end === undefined || index <= end));
  }

  private table(name: string): Table {
    const table = this.tables.get(name);
    if (table === undefined) throw new Error(`no table ${name}`);
    return table;
  }
}

function isWithin({ cluster, index }: Attempt, upTo: Held): boolean {
  const last = upTo.indexOf(cluster);
  return last !== undefined && index <= last;
}

function lossText(attempt: Attempt, from: string, to: string, upToIndex: number): string {
  return `${from} acknowledged ${attempt.key} at its index ${attempt.index}, ${to} took over with ${upToIndex}`;
}
