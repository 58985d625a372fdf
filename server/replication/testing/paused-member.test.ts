import { http2Transport } from "../../cluster/http2-transport";
import type { FrameChannel, PeerConnection } from "../../sdk/transport";
import { readBundle } from "../role/activation-bundle";
import { decodeFrame, encodeFrame } from "../stream/frames";
import { PROTOCOL_VERSION } from "../stream/limits";
import { STREAM_CHANNEL } from "../stream/primary-hub";
import { zeroChecksums } from "../stream/running-checksums";
import { putKey } from "./test-cluster";
import { type TestNode, TestSet } from "./test-set";

const WINDOW_BYTES = 256 * 1024;
const FRAME_BYTES = 64 * 1024;
const VALUE_BYTES = 16 * 1024;
const WRITES = 1_000;

/** A member over real HTTP/2 and TLS that stops reading, as one that was paused or whose link is too slow. */
let set: TestSet;
let primary: TestNode;
let connection: PeerConnection;

beforeEach(async () => {
  set = new TestSet(true);
  primary = await set.start("a", { windowBytes: WINDOW_BYTES, frameBytes: FRAME_BYTES });
  await primary.replication.enablePrimary("performance", { primaryClusterAddress: "" });
});

afterEach(async () => {
  connection.destroy();
  await set.close();
});

/** Connects as a secondary that stands where the log ends. */
async function openStream(): Promise<FrameChannel> {
  const request = { id: "b", ttlSeconds: 60, creationPath: "test" };
  const wrap = await primary.replication.issueSecondaryToken("performance", request);
  const { setId, link } = readBundle((await primary.unwrapHere(wrap.token)).body, "performance");
  const signal = AbortSignal.timeout(5_000);
  connection = await http2Transport.dial({ address: primary.address, setId, credentials: link.credentials, signal });
  const channel = await connection.open(STREAM_CHANNEL);
  const { log } = primary.core;
  const lineage = primary.core.barrier.lineage("performance");
  await channel.send(
    encodeFrame("hello", {
      protocol: PROTOCOL_VERSION,
      mode: "performance",
      secondaryId: "b",
      clusterId: "c".repeat(36),
      apiAddress: "https://b:8200",
      clusterAddress: "https://127.0.0.1:1",
      lineage,
      cursor: {
        clusterId: log.clusterId,
        epoch: lineage.at(-1)?.epoch ?? { number: 0, clusterId: "" },
        index: log.lastIndex(),
        checksums: zeroChecksums(),
      },
      checksums: zeroChecksums(),
      mounts: [],
      rejoins: false,
      building: true,
    }),
  );
  return channel;
}

interface Secondary {
  readonly unacknowledged_bytes: number;
  readonly last_remote_wal: number;
}

function seen(): Secondary {
  const [secondary] = primary.status("performance").secondaries as readonly Secondary[];
  return secondary ?? { unacknowledged_bytes: 0, last_remote_wal: 0 };
}

test("who stops reading holds up nobody, and is owed no more than the window and a frame", async () => {
  const channel = await openStream();
  const welcome = decodeFrame((await channel.receive()) ?? Buffer.alloc(0));
  expect(welcome.kind).toBe("welcome");
  let most = 0;
  for (let n = 0; n < WRITES; n += 1) {
    await putKey(primary.core, `core/k${n % 10}`, "x".repeat(VALUE_BYTES));
    most = Math.max(most, seen().unacknowledged_bytes);
    if (n % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  // It was sent what the window takes, so the bound was really met, and then nothing more.
  expect(most).toBeGreaterThanOrEqual(WINDOW_BYTES);
  expect(most).toBeLessThanOrEqual(WINDOW_BYTES + FRAME_BYTES + 2 * VALUE_BYTES);
  expect(primary.core.log.lastIndex()).toBeGreaterThan(WRITES);

  // Reading again, it gets everything, in the order of the log.
  const last = primary.core.log.lastIndex();
  let index = 0;
  while (index < last) {
    const bytes = (await channel.receive()) ?? Buffer.alloc(0);
    const frame = decodeFrame(bytes);
    if (frame.kind !== "entries") continue;
    if (index > 0) expect(frame.body.followsIndex).toBe(index);
    index = frame.body.cursor.index;
    await channel.send(encodeFrame("ack", { index, bytes: bytes.length }));
    expect(seen().unacknowledged_bytes).toBeLessThanOrEqual(WINDOW_BYTES + FRAME_BYTES + 2 * VALUE_BYTES);
  }
  expect(index).toBe(last);
}, 30_000);
