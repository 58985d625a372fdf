import { http2Transport } from "../../server/cluster/http2-transport";
import { type ActivationBundle, readBundle } from "../../server/replication/role/activation-bundle";
import { BOOTSTRAP_CHANNEL, decodeBootstrap } from "../../server/replication/stream/bootstrap-codec";
import { encodeFrame } from "../../server/replication/stream/frames";
import { PROTOCOL_VERSION } from "../../server/replication/stream/limits";
import { readCursor } from "../../server/replication/stream/record-codec";
import { zeroChecksums } from "../../server/replication/stream/running-checksums";
import { decodeChunk, encodeChunkRequest, SNAPSHOT_CHANNEL } from "../../server/replication/stream/snapshot";
import { WireReader } from "../../server/replication/stream/wire";
import type { Lineage } from "../../server/sdk/log";
import type { FrameChannel, PeerConnection } from "../../server/sdk/transport";

/** Code of a frame of entries (stream/frames.ts). */
const ENTRIES = 3;
const HEARTBEAT_MILLISECONDS = 1_000;

/**
 * A secondary that takes what it is sent and acknowledges it, and stores nothing: many of them fit beside a primary on one
 * machine, and what is measured is the primary.
 */
export class LightFollower {
  entries = 0;
  private index: number;
  private readonly timer: NodeJS.Timeout;

  private constructor(
    private readonly connection: PeerConnection,
    private readonly channel: FrameChannel,
    private readonly lineage: Lineage,
    index: number,
  ) {
    this.index = index;
    this.timer = setInterval(() => void this.beat(), HEARTBEAT_MILLISECONDS);
  }

  /** @param envelope the unwrapped answer behind an activation token */
  static async connect(envelope: string, address: string): Promise<LightFollower> {
    const bundle = readBundle(Buffer.from(envelope), "performance");
    const { setId, link } = bundle;
    const signal = AbortSignal.timeout(10_000);
    const connection = await http2Transport.dial({ address, setId, credentials: link.credentials, signal });
    const lineage = await lineageOf(connection);
    const start = await startOf(connection);
    const channel = await connection.open("stream");
    await channel.send(helloOf(bundle, lineage, start));
    const welcome = await channel.receive();
    if (welcome === undefined) throw new Error("the primary gave no welcome");
    const follower = new LightFollower(connection, channel, lineage, start.index);
    void follower.follow().catch(() => undefined);
    return follower;
  }

  close(): void {
    clearInterval(this.timer);
    this.connection.destroy();
  }

  private async follow(): Promise<void> {
    for (;;) {
      const frame = await this.channel.receive();
      if (frame === undefined) return;
      const reader = new WireReader(frame);
      if (reader.number() !== ENTRIES) continue;
      reader.number();
      this.index = readCursor(reader).index;
      this.entries += reader.number();
      await this.channel.send(encodeFrame("ack", { index: this.index, bytes: frame.length }));
    }
  }

  private async beat(): Promise<void> {
    const epoch = this.lineage.at(-1)?.epoch;
    if (epoch === undefined) return;
    const frame = encodeFrame("heartbeat", {
      epoch,
      sentAtMilliseconds: Date.now(),
      echoSentAtMilliseconds: 0,
      echoHeldMilliseconds: 0,
      index: this.index,
      logIndex: this.index,
      canaryAgeMilliseconds: 0,
      apiAddress: "https://follower:8200",
      clusterAddresses: [],
    });
    await this.channel.send(frame).catch(() => undefined);
  }
}

interface Start {
  readonly clusterId: string;
  readonly index: number;
}

async function lineageOf(connection: PeerConnection): Promise<Lineage> {
  const channel = await connection.open(BOOTSTRAP_CHANNEL);
  await channel.send(Buffer.alloc(0));
  const frame = await channel.receive();
  channel.end();
  if (frame === undefined) throw new Error("the primary gave no bootstrap package");
  return decodeBootstrap(frame).lineage;
}

/** Where the log stands, as the first chunk of a snapshot says. */
async function startOf(connection: PeerConnection): Promise<Start> {
  const channel = await connection.open(SNAPSHOT_CHANNEL);
  await channel.send(encodeChunkRequest({ after: undefined }));
  const frame = await channel.receive();
  channel.end();
  if (frame === undefined) throw new Error("the primary gave no snapshot");
  const { clusterId, readAtIndex } = decodeChunk(frame);
  return { clusterId, index: readAtIndex };
}

function helloOf({ link }: ActivationBundle, lineage: Lineage, { clusterId, index }: Start): Buffer {
  const epoch = lineage.at(-1)?.epoch ?? { number: 0, clusterId: "" };
  return encodeFrame("hello", {
    protocol: PROTOCOL_VERSION,
    mode: "performance",
    secondaryId: link.secondaryId,
    clusterId: `follower-${link.secondaryId}`.padEnd(36, "-"),
    apiAddress: "https://follower:8200",
    clusterAddress: "https://127.0.0.1:1",
    lineage,
    cursor: { clusterId, epoch, index, checksums: zeroChecksums() },
    checksums: zeroChecksums(),
    mounts: [],
    rejoins: false,
    building: true,
  });
}
