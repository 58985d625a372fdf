import { openTestCore, reopenTestCore } from "../../lifecycle/testing/test-core";
import type { ClusterLog } from "../../sdk/log";
import { MemoryDisk } from "../../storage/memory/disk";
import { openMemoryStorage } from "../../storage/memory/index";

/** A disk whose syncs wait until they are let go, once it is held. */
class HeldDisk {
  readonly disk = new MemoryDisk();
  held = false;
  private readonly waiting: (() => void)[] = [];

  readonly open = () => openMemoryStorage({ disk: this.disk, faults: { sync: () => this.sync() } });

  /** Whether a group of commits is under way. */
  get isSyncing(): boolean {
    return this.waiting.length > 0;
  }

  release(): void {
    this.held = false;
    for (const resume of this.waiting.splice(0)) resume();
  }

  private sync(): Promise<void> {
    return this.held ? new Promise((resolve) => this.waiting.push(resolve)) : Promise.resolve();
  }
}

const put = (log: ClusterLog, key: string) =>
  log.append({ operations: [{ class: "replicated", key: `data/m1/${key}`, value: Buffer.from(key) }] });

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

async function heldCommit() {
  const held = new HeldDisk();
  const storage = await held.open();
  const core = await openTestCore({ storage });
  for (const key of ["a", "b", "c"]) await put(core.log, key);
  held.held = true;
  const writing = put(core.log, "d");
  while (!held.isSyncing) await turn();
  return { held, storage, core, writing, lastIndex: core.log.lastIndex() };
}

test("writes that come while a commit is under way are counted until it ends", async () => {
  const { held, core, writing } = await heldCommit();
  expect(core.log.waitingAppends()).toBe(0);
  const waiting = [put(core.log, "e"), put(core.log, "f")];
  await turn();
  expect(core.log.waitingAppends()).toBe(2);
  held.release();
  await Promise.all([writing, ...waiting]);
  expect(core.log.waitingAppends()).toBe(0);
  await core.close();
});

test("closing with a trim that waits for the commit under way trims after it: the log can be opened again", async () => {
  const { held, storage, core, writing, lastIndex } = await heldCommit();
  const trimming = core.log.truncate(lastIndex);
  const closing = core.close();
  for (let n = 0; n < 5; n += 1) await turn();
  held.release();
  await writing;
  await trimming;
  await closing;
  const { log } = await reopenTestCore(storage);
  expect(log.lastIndex()).toBe(lastIndex + 1);
  expect(log.oldestIndex()).toBe(lastIndex);
});

test("where power fails while a log closes, what survives belongs together, however much that is", async () => {
  for (const survivors of [0, 1, 2]) {
    const { held, core, writing, lastIndex } = await heldCommit();
    // Those cut off by the power failure hear nothing that matters here.
    const ends = [writing, core.log.truncate(lastIndex), core.close()].map((end) => end.catch(() => undefined));
    for (let n = 0; n < 5; n += 1) await turn();
    held.disk.crash(survivors);
    held.release();
    await Promise.all(ends);
    const { log } = await reopenTestCore(await held.open());
    expect(log.lastIndex()).toBe(lastIndex + Math.min(survivors, 1));
  }
});

test("closing refuses the appends that wait, and waits for the tasks that do", async () => {
  const { held, core, writing } = await heldCommit();
  const refused = expect(put(core.log, "e")).rejects.toMatchObject({ code: "sealed" });
  const ended: string[] = [];
  // Setting a gate takes its turn among what is written.
  const gate = core.log.setWriteGate(() => undefined).then(() => ended.push("task"));
  const closing = core.log.close().then(() => ended.push("close"));
  await refused;
  expect(ended).toEqual([]);
  held.release();
  await Promise.all([gate, closing, writing.catch(() => undefined)]);
  expect(ended).toEqual(["task", "close"]);
});
