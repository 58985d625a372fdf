import { getKey, putKey } from "./test-cluster";
import { keepWriting, link, type TestNode, TestSet, until } from "./test-set";

let set: TestSet;
afterEach(() => set.close());

/** Where the time is to run out. */
const TIMEOUT_MILLISECONDS = 250;
/** Where it is not, however busy the machine. */
const LONG_MILLISECONDS = 15_000;

async function pair(
  mode: "block" | "degrade",
  timeoutMilliseconds = TIMEOUT_MILLISECONDS,
): Promise<readonly [TestNode, TestNode]> {
  set = new TestSet();
  set.settings = { synchronousDr: { mode, timeoutMilliseconds } };
  const a = await set.start("a");
  await a.replication.enablePrimary("dr", { primaryClusterAddress: "" });
  const b = await set.start("b");
  expect(a.status("dr")).toMatchObject({ sync_dr: mode, sync_dr_state: "inactive" });
  await putKey(a.core, "data/m1/before", "written without a secondary");
  expect(a.replication.confirmDurable(a.core.log.lastIndex())).toBeUndefined();
  await link(a, b, "dr");
  await until("a is synchronous", () => a.status("dr").sync_dr_state === "synchronous");
  return [a, b];
}

/** As a request does it: the write, then the wait for it. */
async function write(node: TestNode, key: string, value = key): Promise<void> {
  const index = await putKey(node.core, `data/m1/${key}`, value);
  await node.replication.confirmDurable(index);
}

/** Keeps every frame of the streams in one direction until the function is called. */
function holdStreams(toServer: boolean): () => void {
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  set.network.holding = (frame) => (frame.kind === "stream" && frame.toServer === toServer ? held : undefined);
  return () => {
    set.network.holding = () => undefined;
    release();
  };
}

/** Resolves when so many frames of the streams have gone that way from now on. */
function framesOfStreams(toServer: boolean, count: number): Promise<void> {
  return new Promise((resolve) => {
    let left = count;
    set.network.tap = (frame) => {
      if (frame.kind !== "stream" || frame.toServer !== toServer) return;
      left -= 1;
      if (left === 0) resolve();
    };
  });
}

test("a write is confirmed after a DR secondary has it, and not before its ack has come", async () => {
  const [a, b] = await pair("block", LONG_MILLISECONDS);
  for (const toServer of [false, true]) {
    const release = holdStreams(toServer);
    let confirmed = false;
    const key = `held-${toServer}`;
    const writing = write(a, key).then(() => {
      confirmed = true;
    });
    await until("it is stored", async () => (await getKey(a.core, `data/m1/${key}`)) === key);
    if (toServer) await until("b has applied it", async () => (await getKey(b.core, `data/m1/${key}`)) === key);
    // Whoever is not held back has said something twice since then, and more than a heartbeat lies between.
    await framesOfStreams(!toServer, 2);
    expect(confirmed).toBe(false);
    release();
    await writing;
    expect(await getKey(b.core, `data/m1/${key}`)).toBe(key);
  }
});

test("block: without a DR secondary a write's outcome is uncertain, then writes are refused, and it ends by itself", async () => {
  const [a, b] = await pair("block");
  await b.close();
  await expect(write(a, "uncertain")).rejects.toMatchObject({ code: "dr_unconfirmed", status: 503 });
  expect(await getKey(a.core, "data/m1/uncertain")).toBe("uncertain");
  expect(a.status("dr").sync_dr_state).toBe("blocked");
  await expect(write(a, "refused")).rejects.toMatchObject({
    publicText: expect.stringContaining("nothing was written"),
  });
  await expect(putKey(a.core, "core/x", "v", "local")).rejects.toMatchObject({ code: "dr_unconfirmed" });
  expect(await getKey(a.core, "data/m1/refused")).toBeUndefined();
  expect(set.logLines.filter((line) => line.includes("writes are stopped"))).toHaveLength(1);
  await b.open();
  await until("a is synchronous again", () => a.status("dr").sync_dr_state === "synchronous");
  await write(a, "again");
  expect(await getKey(b.core, "data/m1/uncertain")).toBe("uncertain");
});

test("block: a write that becomes durable after the primary has closed is not acknowledged", async () => {
  const [a] = await pair("block");
  const { replication } = a;
  const nextIndex = a.core.log.lastIndex() + 1;
  await a.close();
  await expect(replication.confirmDurable(nextIndex)).rejects.toMatchObject({ code: "dr_unconfirmed" });
});

test("block: that it began is stored although storing it failed at first", async () => {
  set = new TestSet();
  set.settings = { synchronousDr: { mode: "block", timeoutMilliseconds: LONG_MILLISECONDS } };
  const [a, b] = [await set.start("a"), await set.start("b")];
  await a.replication.enablePrimary("dr", { primaryClusterAddress: "" });
  const { barrier } = a.core;
  const commit = barrier.commit.bind(barrier);
  let failed = 0;
  const spy = jest.spyOn(barrier, "commit").mockImplementation((operations, options) => {
    if (failed > 0 || !JSON.stringify(operations).includes("synchronous-dr")) return commit(operations, options);
    failed += 1;
    return Promise.reject(new Error("no space left"));
  });
  await link(a, b, "dr");
  await until("a is synchronous", () => a.status("dr").sync_dr_state === "synchronous");
  await until("its record was refused", () => failed > 0);
  await write(a, "progress");
  await until("it is stored", async () => {
    return (await a.core.barrier.view("core/replication/", "local").get("synchronous-dr")) !== undefined;
  });
  spy.mockRestore();
  await b.close();
  await a.restart();
  expect(a.status("dr").sync_dr_state).toBe("blocked");
});

test("block: a primary that restarts alone refuses writes from the start, until its DR secondaries are revoked", async () => {
  const [a, b] = await pair("block");
  await b.close();
  await a.restart();
  await expect(putKey(a.core, "data/m1/k", "v")).rejects.toMatchObject({ status: 503 });
  await a.replication.revokeSecondary("dr", "b");
  expect(a.status("dr").sync_dr_state).toBe("inactive");
  await write(a, "alone");
  expect(await getKey(a.core, "data/m1/alone")).toBe("alone");
});

test("block: who waits for a DR secondary waits no more when the last one is revoked", async () => {
  const [a] = await pair("block", LONG_MILLISECONDS);
  const release = holdStreams(false);
  const writing = write(a, "waits");
  await until("it is stored, and waits", async () => (await getKey(a.core, "data/m1/waits")) === "waits");
  await a.replication.revokeSecondary("dr", "b");
  const began = performance.now();
  await writing;
  expect(performance.now() - began).toBeLessThan(LONG_MILLISECONDS / 2);
  release();
  const view = a.core.barrier.view("core/replication/", "local");
  await until(
    "nobody is held to it over a restart either",
    async () => (await view.get("synchronous-dr")) === undefined,
  );
});

test("block: a blip shorter than the time costs nobody a write", async () => {
  const [a, b] = await pair("block", LONG_MILLISECONDS);
  const writing = keepWriting((n) => write(a, `k${n}`));
  for (let round = 0; round < 3; round += 1) {
    set.network.cut("b", a.address);
    set.network.mend("b", a.address);
    b.replication.recover("dr").catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
  const written = await writing();
  expect(written).toBeGreaterThan(0);
  for (let n = 0; n < written; n += 1) expect(await getKey(b.core, `data/m1/k${n}`)).toBe(`k${n}`);
});

test("degrade: goes on without the secondary after the time, says so, and returns by itself under load", async () => {
  const [a, b] = await pair("degrade");
  set.network.cut("b", a.address);
  const began = Date.now();
  await write(a, "slow");
  expect(Date.now() - began).toBeGreaterThanOrEqual(TIMEOUT_MILLISECONDS - 20);
  expect(a.status("dr")).toMatchObject({ sync_dr: "degrade", sync_dr_state: "asynchronous" });
  expect(set.logLines.filter((line) => line.includes("acknowledged without one"))).toHaveLength(1);
  const stop = keepWriting((n) => write(a, `k${n}`));
  await until("writes go on", async () => (await getKey(a.core, "data/m1/k20")) !== undefined);
  set.network.mend("b", a.address);
  await until("a is synchronous again", () => a.status("dr").sync_dr_state === "synchronous", 15_000);
  await stop();
  await write(a, "last");
  expect(await getKey(b.core, "data/m1/last")).toBe("last");
  expect(set.logLines.filter((line) => line.includes("acknowledged by a DR secondary too"))).toHaveLength(2);
});

test("block: nothing that was confirmed is lost with the primary, whenever it dies", async () => {
  for (const writesBefore of [1, 17, 60]) {
    const [a, b] = await pair("block", LONG_MILLISECONDS);
    const confirmed: string[] = [];
    let stopped = false;
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let n = 0; !stopped; n += 1) {
        const key = `w${writer}-${n}`;
        try {
          await write(a, key);
          confirmed.push(key);
          await new Promise((resolve) => setImmediate(resolve));
        } catch {
          return;
        }
      }
    });
    await until("enough is confirmed", () => confirmed.length >= writesBefore);
    set.network.cut("b", a.address);
    const survivors = [...confirmed];
    stopped = true;
    const closing = a.close();
    await Promise.all(writers);
    await closing;
    await b.replication.promoteSecondary("dr", { primaryClusterAddress: "", force: true });
    for (const key of survivors) expect(await getKey(b.core, `data/m1/${key}`)).toBe(key);
    for (const key of confirmed) expect(await getKey(b.core, `data/m1/${key}`)).toBe(key);
    expect(b.status("dr").sync_dr_state).toBe("inactive");
    await write(b, "after");
    await set.close();
  }
});

test("a secondary that is still being built confirms nothing", async () => {
  set = new TestSet();
  set.settings = { synchronousDr: { mode: "block", timeoutMilliseconds: TIMEOUT_MILLISECONDS } };
  const [a, b] = [await set.start("a"), await set.start("b")];
  await a.replication.enablePrimary("dr", { primaryClusterAddress: "" });
  for (let n = 0; n < 50; n += 1) await putKey(a.core, `data/m1/k${n}`, "v");
  const release = holdStreams(false);
  const linking = link(a, b, "dr");
  await until("b is being built", () => b.status("dr").mode === "bootstrapping");
  for (let n = 0; n < 5; n += 1) await write(a, `during-${n}`);
  expect(a.status("dr").sync_dr_state).toBe("inactive");
  release();
  await linking;
  await until("a is synchronous", () => a.status("dr").sync_dr_state === "synchronous");
  expect(await getKey(b.core, "data/m1/during-4")).toBe("during-4");
});

test("block: what waits when this cluster stops being the primary was not confirmed", async () => {
  const [a, b] = await pair("block", LONG_MILLISECONDS);
  set.network.cut("b", a.address);
  const waiting = write(a, "waiting");
  await until("it is written", async () => (await getKey(a.core, "data/m1/waiting")) !== undefined);
  const signal = new AbortController().signal;
  const [outcome] = await Promise.allSettled([
    waiting,
    a.replication.demotePrimary("dr", { targetId: undefined, signal }),
  ]);
  expect(outcome).toMatchObject({ status: "rejected", reason: { code: "dr_unconfirmed" } });
  expect(await getKey(b.core, "data/m1/waiting")).toBeUndefined();
});

test("block: what was written before this cluster stopped being the primary, or was sealed, is not taken for confirmed later", async () => {
  const [a] = await pair("block");
  set.network.cut("b", a.address);
  const first = await putKey(a.core, "data/m1/first", "x");
  const { replication } = a;
  await replication.demotePrimary("dr", { targetId: undefined, signal: new AbortController().signal });
  await expect(replication.confirmDurable(first)).rejects.toMatchObject({ code: "dr_unconfirmed" });
  await set.close();

  const [c] = await pair("block");
  set.network.cut("b", c.address);
  const second = await putKey(c.core, "data/m1/second", "x");
  const sealed = c.replication;
  await c.close();
  await expect(sealed.confirmDurable(second)).rejects.toMatchObject({ code: "dr_unconfirmed" });
});

test("block: what waits when an operator overrides the fence was not confirmed: the successor does not have it", async () => {
  const [a, b] = await pair("block", LONG_MILLISECONDS);
  // What goes to b is held, so that it is still connected as a secondary when it is promoted.
  const release = holdStreams(false);
  const waiting = write(a, "waiting").then(
    () => "confirmed",
    (error: unknown) => error,
  );
  await until("it is written", async () => (await getKey(a.core, "data/m1/waiting")) !== undefined);
  const index = a.core.log.lastIndex();
  await b.replication.promoteSecondary("dr", { primaryClusterAddress: "", force: true });
  await until("a is fenced", () => a.status("dr").state === "fenced");
  await a.replication.overrideFence("dr");
  expect(await waiting).toMatchObject({ code: "dr_unconfirmed" });
  await expect(a.replication.confirmDurable(index)).rejects.toMatchObject({ code: "dr_unconfirmed" });
  expect(await getKey(b.core, "data/m1/waiting")).toBeUndefined();
  await write(a, "by hand");
  expect(a.status("dr").sync_dr_state).toBe("inactive");
  release();
});

test("degrade: what waits when the lease ends is not acknowledged", async () => {
  const leaseMilliseconds = 150;
  set = new TestSet(false, { mode: "lease", leaseMilliseconds });
  set.settings = { synchronousDr: { mode: "degrade", timeoutMilliseconds: 4 * leaseMilliseconds } };
  const [a, b] = [await set.start("a"), await set.start("b")];
  await a.replication.enablePrimary("dr", { primaryClusterAddress: "" });
  await link(a, b, "dr");
  await until("a is synchronous", () => a.status("dr").sync_dr_state === "synchronous");
  set.network.cut("b", a.address);
  await expect(write(a, "waiting")).rejects.toMatchObject({ code: "dr_unconfirmed" });
  expect(a.status("dr").state).toBe("unconfirmed");
});
