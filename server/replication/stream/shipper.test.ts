import { openTestCore } from "../../lifecycle/testing/test-core";
import { type Clock, systemClock } from "../../sdk/clock";
import type { ClusterLog, ReplicationMode } from "../../sdk/log";
import { ManualClock } from "../../sdk/testing/manual-clock";
import { noLogger } from "../../sdk/testing/no-logger";
import { noMetrics } from "../../sdk/testing/no-metrics";
import { type FrameChannel, TransportClosed } from "../../sdk/transport";
import { MountScope } from "../filter/mount-scope";
import type { Hello } from "./control-codec";
import { SharedBatches } from "./entry-batch";
import { decodeFrame, type StreamFrame } from "./frames";
import { DEFAULT_STREAM_LIMITS, PROTOCOL_VERSION } from "./limits";
import { StreamShipper } from "./shipper";
import { ShippingMeter } from "./stream-metrics";

/** The primary's end of a channel whose peer says nothing, until it ends its side. */
class SilentPeer implements FrameChannel {
  readonly kind = "stream";
  readonly sent: StreamFrame[] = [];
  isDestroyed = false;
  private finish: () => void = () => undefined;
  private fail: (error: Error) => void = () => undefined;
  private readonly over = new Promise<undefined>((resolve, reject) => {
    this.finish = () => resolve(undefined);
    this.fail = reject;
  });

  send(frame: Buffer): Promise<void> {
    this.sent.push(decodeFrame(Buffer.from(frame)));
    return Promise.resolve();
  }

  receive(): Promise<undefined> {
    return this.over;
  }

  end(): void {}

  destroy(): void {
    this.isDestroyed = true;
    this.fail(new TransportClosed("channel is closed"));
  }

  endsItsSide(): void {
    this.finish();
  }

  /** How many entries each frame of entries held. */
  counts(): readonly number[] {
    return this.sent.flatMap(({ kind, body }) => (kind === "entries" ? [body.entries.length] : []));
  }

  kinds(): readonly string[] {
    return this.sent.map(({ kind }) => kind).filter((kind) => kind !== "heartbeat");
  }
}

const SCOPE = new MountScope(undefined, async () => undefined);

/** A secondary that stands at our last index and holds something else there. */
function differingHello(log: ClusterLog): Hello {
  const checksums = { replicated: Buffer.alloc(32, 7), local: Buffer.alloc(32, 7) };
  const epoch = { number: 0, clusterId: "" };
  return {
    protocol: PROTOCOL_VERSION,
    mode: "dr",
    secondaryId: "b",
    clusterId: "other",
    apiAddress: "",
    clusterAddress: "",
    lineage: [],
    cursor: { clusterId: log.clusterId, epoch, index: log.lastIndex(), checksums },
    checksums,
    mounts: [],
    rejoins: false,
    building: false,
  };
}

interface Shipped {
  readonly helloMilliseconds?: number;
  readonly mode?: ReplicationMode;
  readonly clock?: Clock;
  helloOf?(log: ClusterLog): Hello;
}

async function shipTo(channel: SilentPeer, { helloMilliseconds, mode = "dr", clock, helloOf }: Shipped) {
  const { log, close } = await openTestCore();
  const limits = { ...DEFAULT_STREAM_LIMITS, ...(helloMilliseconds === undefined ? {} : { helloMilliseconds }) };
  const shipper = new StreamShipper(
    {
      mode,
      log,
      clock: clock ?? systemClock,
      logger: noLogger,
      limits,
      meter: new ShippingMeter(noMetrics, mode),
      unfiltered: new SharedBatches(mode, limits.frameBytes),
      apiAddress: "",
      lineage: () => [],
      scopeOf: () => SCOPE,
      wasFiltered: () => false,
      clusterAddresses: () => [],
      newerLineageSeen: () => Promise.resolve(),
      isFenced: () => false,
      refused: () => Promise.resolve(),
      follows: () => Promise.resolve(),
      agrees: () => undefined,
      progressed: () => undefined,
    },
    "b",
    (helloOf ?? differingHello)(log),
    channel,
  );
  return { log, over: shipper.run().finally(close) };
}

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 5_000; !holds(); ) {
    if (Date.now() > end) throw new Error("timed out");
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

test("the channel stays until the secondary, told to reconcile, has ended it: dropping it would overtake the frame", async () => {
  const channel = new SilentPeer();
  const { over } = await shipTo(channel, { helloMilliseconds: 60_000 });
  const failed = expect(over).rejects.toThrow("the secondary has to reconcile: checksums differ");
  await until(() => channel.kinds().includes("diverged"));
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(channel.isDestroyed).toBe(false);
  expect(channel.kinds()).toEqual(["welcome", "diverged"]);
  channel.endsItsSide();
  await failed;
  expect(channel.isDestroyed).toBe(true);
});

test("a secondary that never ends it is waited for only so long", async () => {
  const channel = new SilentPeer();
  const { over } = await shipTo(channel, { helloMilliseconds: 80 });
  await expect(over).rejects.toThrow("the secondary has to reconcile");
  expect(channel.kinds()).toEqual(["welcome", "diverged"]);
  expect(channel.isDestroyed).toBe(true);
});

/** Appends of one turn are one commit. */
async function append(log: ClusterLog, count: number): Promise<void> {
  const key = (n: number): string => `data/m/${log.lastIndex()}-${n}`;
  const one = (_: unknown, n: number) =>
    log.append({ operations: [{ class: "replicated", key: key(n), value: Buffer.from("value") }] });
  await Promise.all(Array.from({ length: count }, one));
  // Whatever is ready to be sent is sent.
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** A stream whose secondary takes everything, on a clock that stands. */
async function following(mode: ReplicationMode) {
  const channel = new SilentPeer();
  const clock = new ManualClock();
  const helloOf = (log: ClusterLog): Hello => ({ ...differingHello(log), mode, building: true });
  const { log, over } = await shipTo(channel, { mode, clock, helloOf });
  const ended = expect(over).rejects.toThrow();
  await until(() => channel.kinds().includes("checkpoint"));
  const end = async (): Promise<void> => {
    channel.endsItsSide();
    await ended;
  };
  return { channel, clock, log, end };
}

test("as long as the primary is not busy, every commit goes at once", async () => {
  const { channel, clock, log, end } = await following("performance");
  for (let round = 0; round < 20; round += 1) {
    await append(log, 20);
    clock.advance(10);
  }
  expect(channel.counts()).toEqual(Array.from({ length: 20 }, () => 20));
  await end();
});

test("the commits of a busy primary share a frame: until it holds enough, or for 20 ms, or until it is no longer busy", async () => {
  const { channel, clock, log, end } = await following("performance");
  await append(log, 300);
  const counts = (): readonly number[] => channel.counts().slice(-3);
  const before = channel.counts().length;
  await append(log, 32);
  expect(channel.counts().length).toBe(before);
  await append(log, 32);
  expect(counts().at(-1)).toBe(64);
  await append(log, 10);
  clock.advance(19);
  await append(log, 1);
  expect(counts().at(-1)).toBe(64);
  clock.advance(1);
  await append(log, 0);
  expect(counts().slice(-2)).toEqual([64, 11]);
  clock.advance(100);
  await append(log, 3);
  clock.advance(100);
  await append(log, 1);
  await append(log, 2);
  expect(counts()).toEqual([3, 1, 2]);
  await end();
});

test("nothing is kept back from a DR secondary: it would be lost with the primary", async () => {
  const { channel, log, end } = await following("dr");
  await append(log, 300);
  const before = channel.counts();
  await append(log, 32);
  await append(log, 32);
  await append(log, 1);
  expect(channel.counts()).toEqual([...before, 32, 32, 1]);
  await end();
});
