import { type Attempt, type Held, Ledger } from "./ledger";

function watched(): { ledger: Ledger; found: string[] } {
  const found: string[] = [];
  const ledger = new Ledger((invariant, text) => void found.push(`${invariant}: ${text}`));
  ledger.addTable("t", "a");
  return { ledger, found };
}

function write(ledger: Ledger, key: string, cluster: string, index: number): Attempt {
  const attempt = ledger.begin("t", key, `${key} at ${index}`);
  ledger.acknowledge(attempt, cluster, index);
  return attempt;
}

function held(cluster: string, index: number, others: Readonly<Record<string, number>> = {}): Held {
  return { cluster, index, indexOf: (other) => others[other] };
}

const unplanned = { planned: false, startIndex: 100 } as const;

test("who takes over without having all of a planned or synchronous primary is found out", () => {
  for (const how of [{ planned: true }, { planned: false, synchronous: true }]) {
    const { ledger, found } = watched();
    write(ledger, "k", "a", 10);
    ledger.handOver("t", { to: "b", upTo: held("a", 9), startIndex: 100, ...how });
    expect(found).toEqual(["1: a acknowledged k at its index 10, b took over with 9"]);
  }
});

test("what an old primary says late of the time before a lossless promotion must have come along", () => {
  const { ledger, found } = watched();
  const late = [9, 10].map((index) => ({ index, attempt: ledger.begin("t", `k${index}`, "v") }));
  ledger.handOver("t", { ...unplanned, to: "b", upTo: held("a", 9), synchronous: true });
  for (const { attempt, index } of late) ledger.acknowledge(attempt, "a", index);
  expect(found).toEqual(["1: a acknowledged k10 at its index 10, b took over with 9"]);
});

test("a write that is told late is not taken for the newest", () => {
  const { ledger } = watched();
  const late = ledger.begin("t", "k", "late");
  write(ledger, "k", "a", 20);
  ledger.acknowledge(late, "a", 10);
  expect(ledger.allowed("t", "k")).toEqual(new Set(["k at 20"]));
  write(ledger, "k", "a", 30);
  expect(ledger.allowed("t", "k")).toEqual(new Set(["k at 30"]));
});

test("what a replaced primary writes after an operator's override is its own, what it wrote before is not", () => {
  const { ledger, found } = watched();
  const before = ledger.begin("t", "before", "v");
  ledger.handOver("t", { ...unplanned, to: "b", upTo: held("a", 9), synchronous: true });
  ledger.override("a", 12);
  write(ledger, "after", "a", 13);
  expect(found).toEqual([]);
  ledger.acknowledge(before, "a", 12);
  expect(found).toHaveLength(1);
});

test("an override that did not happen, or was before it took over again, excuses nothing", () => {
  for (const again of [false, true]) {
    const { ledger, found } = watched();
    ledger.handOver("t", { ...unplanned, to: "b", upTo: held("a", 9), synchronous: true });
    ledger.override("a", 12);
    if (again) {
      ledger.handOver("t", { ...unplanned, to: "a", upTo: held("b", 99), synchronous: true });
      ledger.handOver("t", { ...unplanned, to: "b", upTo: held("a", 9), synchronous: true });
    } else ledger.notOverridden("a");
    write(ledger, "k", "a", 13);
    expect(found).toHaveLength(1);
  }
});

test("who follows the new primary only as far as before its promotion has not all that it inherited", () => {
  const { ledger, found } = watched();
  for (const index of [10, 20, 30]) write(ledger, `k${index}`, "a", index);
  ledger.handOver("t", { ...unplanned, to: "b", upTo: held("a", 25) });
  // b counts as 60 what a counted as 15.
  ledger.handOver("t", { ...unplanned, to: "c", upTo: held("b", 60, { a: 15 }) });
  expect(ledger.allowed("t", "k10")).toEqual(new Set(["k10 at 10"]));
  expect(ledger.allowed("t", "k20")).toBeUndefined();
  expect(ledger.allowed("t", "k30")).toEqual(new Set([undefined]));
  expect(found).toEqual([]);
});

test("who has the new primary's promotion has all that it inherited", () => {
  const { ledger } = watched();
  write(ledger, "k", "a", 20);
  ledger.handOver("t", { ...unplanned, to: "b", upTo: held("a", 25) });
  ledger.handOver("t", { ...unplanned, to: "c", upTo: held("b", 100, { a: 15 }) });
  expect(ledger.allowed("t", "k")).toEqual(new Set(["k at 20"]));
});

test("a planned failover to who stands before its primary's own promotion is found out", () => {
  const { ledger, found } = watched();
  write(ledger, "k", "a", 20);
  ledger.handOver("t", { ...unplanned, to: "b", upTo: held("a", 25) });
  ledger.handOver("t", { planned: true, startIndex: 200, to: "c", upTo: held("b", 60, { a: 15 }) });
  expect(found).toEqual(["1: a acknowledged k at its index 20, c took over with 60"]);
});

test("what was acknowledged between a revocation and the next synchronous moment may be lost, unless it was handed over", () => {
  for (const how of [{ synchronous: true }, { planned: true }]) {
    for (const index of [10, 11, 20, 21]) {
      const { ledger, found } = watched();
      write(ledger, "before", "a", 10);
      expect(ledger.unguard("a")).toBe(true);
      expect(ledger.unguard("a")).toBe(false);
      ledger.guard("a", 20);
      write(ledger, "k", "a", index);
      ledger.handOver("t", { ...unplanned, ...how, to: "b", upTo: held("a", index === 10 ? 9 : 10) });
      const isExcused = "synchronous" in how && (index === 11 || index === 20);
      expect(found.length > 0).toBe(!isExcused);
    }
  }
});

test("a revocation that did not happen excuses nothing", () => {
  const { ledger, found } = watched();
  ledger.unguard("a");
  ledger.notUnguarded("a");
  write(ledger, "k", "a", 10);
  ledger.handOver("t", { ...unplanned, to: "b", upTo: held("a", 9), synchronous: true });
  expect(found).toHaveLength(1);
});
