import { openTestCore } from "../../lifecycle/testing/test-core";
import { systemClock } from "../../sdk/clock";
import type { ClusterLog } from "../../sdk/log";
import { noLogger } from "../../sdk/testing/no-logger";
import { noMetrics } from "../../sdk/testing/no-metrics";
import { type FrameChannel, TransportClosed } from "../../sdk/transport";
import { MountScope } from "../filter/mount-scope";
import type { Hello } from "./control-codec";
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

  kinds(): readonly string[] {
    return this.sent.map(({ kind }) => kind).filter((kind) => kind !== "heartbeat");
  }
}

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

async function shipTo(channel: SilentPeer, helloMilliseconds: number) {
  const { log, close } = await openTestCore();
  const shipper = new StreamShipper(
    {
      mode: "dr",
      log,
      clock: systemClock,
      logger: noLogger,
      limits: { ...DEFAULT_STREAM_LIMITS, helloMilliseconds },
      meter: new ShippingMeter(noMetrics, "dr"),
      apiAddress: "",
      lineage: () => [],
      scopeOf: () => new MountScope(undefined, async () => undefined),
      wasFiltered: () => false,
      clusterAddresses: () => [],
      newerLineageSeen: () => Promise.resolve(),
      isFenced: () => false,
      refused: () => Promise.resolve(),
      follows: () => Promise.resolve(),
      agrees: () => undefined,
      hasOthers: () => false,
      progressed: () => undefined,
    },
    "b",
    differingHello(log),
    channel,
  );
  return { over: shipper.run().finally(close) };
}

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 5_000; !holds(); ) {
    if (Date.now() > end) throw new Error("timed out");
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

test("the channel stays until the secondary, told to reconcile, has ended it: dropping it would overtake the frame", async () => {
  const channel = new SilentPeer();
  const { over } = await shipTo(channel, 60_000);
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
  const { over } = await shipTo(channel, 80);
  await expect(over).rejects.toThrow("the secondary has to reconcile");
  expect(channel.kinds()).toEqual(["welcome", "diverged"]);
  expect(channel.isDestroyed).toBe(true);
});
