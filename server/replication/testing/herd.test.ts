import { putKey, putMount } from "./test-cluster";
import { isEqual, link, type TestNode, TestSet, until } from "./test-set";

const SECONDARIES = 50;
const AT_ONCE = 3;

let set: TestSet;

beforeEach(() => {
  set = new TestSet();
});

afterEach(() => set.close());

interface Waiting {
  readonly node_id: string;
  readonly catch_up_position?: number;
}

function waiting(primary: TestNode): readonly Waiting[] {
  const secondaries = primary.status("performance").secondaries as readonly Waiting[];
  return secondaries.filter((one) => one.catch_up_position !== undefined);
}

async function herd(): Promise<{ readonly a: TestNode; readonly secondaries: readonly TestNode[] }> {
  const a = await set.start("a", { catchUpConcurrency: AT_ONCE });
  await a.replication.enablePrimary("performance", { primaryClusterAddress: "" });
  await putMount(a.core, "m1", "m1/");
  await Promise.all(Array.from({ length: 300 }, (_, n) => putKey(a.core, `data/m1/k${n}`, `v${n}`)));
  const secondaries: TestNode[] = [];
  for (let n = 0; n < SECONDARIES; n += 1) {
    const node = await set.start(`s${n}`);
    await link(a, node, "performance");
    secondaries.push(node);
  }
  return { a, secondaries };
}

test("fifty secondaries that return at once are served a few at a time, each told its position, and all are equal in the end", async () => {
  const { a, secondaries } = await herd();
  for (const node of secondaries) set.network.cut(node.name, a.address);
  await until("all are away", () => secondaries.every((node) => !node.isStreaming("performance")));
  await Promise.all(Array.from({ length: 200 }, (_, n) => putKey(a.core, `data/m1/k${n}`, `changed ${n}`)));
  await putKey(a.core, "core/last", "x");
  await a.core.log.truncate(a.core.log.lastIndex());
  let shown: readonly number[] = [];
  set.network.tap = ({ kind, toServer }) => {
    const positions = kind === "diff" && !toServer ? waiting(a).map((one) => one.catch_up_position ?? 0) : [];
    if (positions.length > shown.length) shown = positions;
  };
  for (const node of secondaries) {
    set.network.mend(node.name, a.address);
    void node.replication.recover("performance");
  }
  await until("all stream", () => secondaries.every((node) => node.isStreaming("performance")), 60_000);
  await until("all are equal", () => secondaries.every((node) => isEqual(a, node, "performance")));
  const told = set.logLines.flatMap((line) => {
    const found = /secondary waits for its turn to catch up .*"position":(\d+),"channel":"diff"/.exec(line);
    return found === null ? [] : [Number(found[1])];
  });
  const queue = Array.from({ length: SECONDARIES - AT_ONCE }, (_, n) => n + 1);
  expect(queue).toEqual(expect.arrayContaining(told));
  expect(Math.max(...told)).toBeGreaterThan(SECONDARIES / 2);
  expect([...shown].sort((left, right) => left - right)).toEqual(queue.slice(0, shown.length));
  expect(shown.length).toBeGreaterThan(AT_ONCE);
  expect(waiting(a)).toEqual([]);
}, 120_000);
