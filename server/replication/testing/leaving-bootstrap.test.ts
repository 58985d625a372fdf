import { ServerError } from "../../sdk/errors";
import type { ReplicationMode } from "../../sdk/log";
import { expectOwnAgain, halfBuildAgain, halfBuilt, halfReplaced } from "./half-built";
import { getKey, putKey } from "./test-cluster";
import { isEqual, link, NO_API, TestSet, until } from "./test-set";

let set: TestSet;
beforeEach(() => {
  set = new TestSet();
});
afterEach(() => set.close());

const MODES = ["performance", "dr"] as const satisfies readonly ReplicationMode[];

describe.each(MODES)("a %s bootstrap from a set that was destroyed", (mode) => {
  test("says why it stands still, is given up by disabling, and the cluster goes on with its own data", async () => {
    const [a, b] = await halfBuilt(set, mode);
    await a.replication.disablePrimary(mode);
    await a.replication.enablePrimary(mode, { primaryClusterAddress: "" });
    set.network.mend("b", a.address);
    const { replication } = b;
    const absent = mode === "dr" ? "performance" : "dr";
    expect(await replication.recover(absent)).toEqual([]);
    expect(await replication.recover(mode)).toEqual([`The ${mode} replication client connects again at once.`]);
    await until("it was refused", () => String(b.status(mode).reason).includes("is not the primary of the set"));
    expect(b.status(mode)).toMatchObject({
      mode: "bootstrapping",
      secondary_id: "b",
      primary_cluster_addr: `https://${a.address}`,
    });
    expect(set.logLines.filter((line) => /^b warn .*not the primary of the set/.test(line))).toHaveLength(1);
    const other = mode === "dr" ? "performance" : "dr";
    await expect(replication.enablePrimary(mode, { primaryClusterAddress: "" })).rejects.toThrow("secondary/disable");
    await expect(replication.disableSecondary(other)).rejects.toThrow("is being made");

    await expect(replication.disableSecondary(mode)).resolves.toHaveLength(1);
    await expectOwnAgain(b, mode);
    await b.restart();
    await expectOwnAgain(b, mode);
    set.network.tap = () => undefined;
    await link(a, b, mode);
    await until("roots are equal", () => isEqual(a, b, mode));
    expect(await getKey(b.core, "data/own/x")).toBeUndefined();
  });

  test("is there or gone altogether after a power cut at any commit of the disabling", async () => {
    const [a, b] = await halfBuilt(set, mode);
    const seen = new Set<unknown>();
    for (let run = 0; !seen.has("never cut"); run += 1) {
      let left = 1 + Math.floor(run / 2);
      let wasCut = false;
      b.syncing = () => {
        left -= 1;
        if (left !== 0) return;
        wasCut = true;
        b.crash(run % 2);
      };
      const done = await b.replication.disableSecondary(mode).then(
        () => true,
        () => false,
      );
      await until("it is cut or over", () => wasCut || b.generationsStored().size === 1);
      b.syncing = () => undefined;
      if (!wasCut) seen.add("never cut");
      b.crash(0);
      await b.restart();
      const after = b.status(mode).mode;
      seen.add(after);
      if (done) expect(after).toBe("disabled");
      if (after === "bootstrapping") continue;
      await expectOwnAgain(b, mode);
      if (wasCut) await halfBuildAgain(set, a, b, mode);
    }
    expect(seen).toEqual(new Set(["never cut", "bootstrapping", "disabled"]));
  });
});

test("a disk that fails while a bootstrap is given up lets it go on, and the operator try again", async () => {
  const [a, b] = await halfBuilt(set, "performance");
  b.syncing = () => {
    throw new Error("disk failed");
  };
  await expect(b.replication.disableSecondary("performance")).rejects.toThrow();
  expect(b.status("performance").mode).toBe("bootstrapping");
  await expect(putKey(b.core, "data/own/y", "x")).rejects.toMatchObject({ code: "draining" });
  b.syncing = () => undefined;
  await until("it dials again", () => b.status("performance").reason !== undefined);
  await b.replication.disableSecondary("performance");
  await expectOwnAgain(b, "performance");
  await halfBuildAgain(set, a, b, "performance");
  b.syncing = () => {
    b.syncing = () => undefined;
    throw new Error("disk failed");
  };
  await expect(b.replication.disableSecondary("performance")).rejects.toThrow();
  set.network.tap = () => undefined;
  set.network.mend("b", a.address);
  await until("the build that went on is whole", () => isEqual(a, b, "performance"));
});

test("who bootstraps in DR mode is let in with a token of its own, or one that its share holders make", async () => {
  const [, b] = await halfBuilt(set, "dr");
  const path = "sys/replication/dr/secondary/disable";
  const { replication } = b;
  await expect(replication.requireDrOperationToken(Buffer.from("dr-token"), path)).resolves.toBeUndefined();
  await expect(replication.requireDrOperationToken(Buffer.from("other"), path)).rejects.toMatchObject({
    code: "permission_denied",
  });
  // These clusters have no share holders; before it said that it is no DR secondary.
  const ceremony = replication.drOperationTokens.ceremony.begin({ pgpKey: "", otp: "" });
  await expect(ceremony).rejects.toThrow("has no share holders");
  await replication.disableSecondary("dr");
  await expect(replication.requireDrOperationToken(Buffer.from("dr-token"), path)).rejects.toBeInstanceOf(ServerError);
});

describe.each(MODES)("a %s secondary in the middle of a snapshot", (mode) => {
  test("that is disabled does not take the snapshot up again at its next start", async () => {
    const [a, b] = await halfReplaced(set, mode);
    await b.replication.disableSecondary(mode);
    set.network.mend("b", a.address);
    await b.restart();
    expect(b.status(mode).mode).toBe("disabled");
    await putKey(b.core, "data/m1/k1", "own again");
    expect(await b.core.generations.resume()).toBeUndefined();
  });

  test("that is promoted neither", async () => {
    const [a, b] = await halfReplaced(set, mode);
    await b.replication.promoteSecondary(mode, {
      primaryClusterAddress: "",
      force: true,
      acceptPartialRepair: true,
    });
    set.network.mend("b", a.address);
    await b.restart();
    expect(b.status(mode).mode).toBe("primary");
    await putKey(b.core, "data/m1/k1", "promoted");
    expect(await b.core.generations.resume()).toBeUndefined();
  });
});

test("a bootstrap whose membership was revoked says so, once in the log and as long as it lasts in the status", async () => {
  set = new TestSet(true);
  const a = await set.start("a", { chunkPairs: 1 });
  for (let n = 0; n < 500; n += 1) await putKey(a.core, `data/m1/k${n}`, `${n}`);
  await a.replication.enablePrimary("performance", { primaryClusterAddress: "" });
  const b = await set.start("b");
  const wrap = await a.replication.issueSecondaryToken("performance", { id: "b", ttlSeconds: 60, creationPath: "p" });
  await b.replication.enableSecondary("performance", { token: wrap.token, api: NO_API });
  await a.replication.revokeSecondary("performance", "b");
  const reason = (): string => String(b.status("performance").reason);
  await until("it says so", () => reason().includes("was revoked"));
  const refusals = (): number => set.logLines.filter((line) => line.startsWith("a warn refused")).length;
  const before = refusals();
  await until("it tried again", () => refusals() > before);
  await until("it says so still", () => reason().includes("was revoked"));
  expect(set.logLines.filter((line) => /^b warn .*was revoked/.test(line))).toHaveLength(1);
  await b.replication.disableSecondary("performance");
  expect(b.status("performance").mode).toBe("disabled");
});
