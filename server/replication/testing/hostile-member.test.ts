import { http2Transport } from "../../cluster/http2-transport";
import { tokenFacts } from "../../pipeline/testing/pipeline-fixture";
import { currentEpoch, nextLineage } from "../../sdk/lineage";
import type { Lineage, LoggedClass, ReplicationMode } from "../../sdk/log";
import type { FrameChannel, PeerConnection, RefusalReason } from "../../sdk/transport";
import {
  CALL_CHANNEL,
  decodeCallReply,
  decodeForwardReply,
  encodeCall,
  encodeForward,
  FORWARD_CHANNEL,
} from "../forward/forward-codec";
import { type ActivationBundle, readBundle } from "../role/activation-bundle";
import type { Hello } from "../stream/control-codec";
import { DIFF_CHANNEL, type DiffRequest, decodeOpenAnswer, encodeDiffRequest } from "../stream/diff-codec";
import { encodeFrame } from "../stream/frames";
import { PROTOCOL_VERSION } from "../stream/limits";
import { STREAM_CHANNEL } from "../stream/primary-hub";
import { zeroChecksums } from "../stream/running-checksums";
import { decodeChunk, encodeChunkRequest, SNAPSHOT_CHANNEL } from "../stream/snapshot";
import { putKey, putMount } from "./test-cluster";
import { type TestNode, TestSet, until } from "./test-set";

/**
 * A member with valid credentials that does not behave: frames and questions made by hand, over real HTTP/2 and TLS. What it
 * may not do is refused, logged with its name and a reason, and the primary goes on.
 */
let set: TestSet;
let primary: TestNode;
const connections: PeerConnection[] = [];

beforeAll(async () => {
  set = new TestSet(true);
  primary = await set.start("a", { helloMilliseconds: 300 });
  await putMount(primary.core, "m1", "open/");
  await putMount(primary.core, "m2", "denied/");
  await putKey(primary.core, "data/m1/k", "sent");
  await putKey(primary.core, "data/m2/k", "never sent");
  await putKey(primary.core, "core/token/t", "local", "local");
  for (const mode of ["performance", "dr"] as const)
    await primary.replication.enablePrimary(mode, { primaryClusterAddress: "" });
  await primary.replication.writePathsFilter("b", { mode: "deny", paths: ["denied/"] });
});

afterEach(() => {
  for (const connection of connections.splice(0)) connection.destroy();
  set.logLines.splice(0);
});

afterAll(() => set.close());

async function bundleOf(mode: ReplicationMode): Promise<ActivationBundle> {
  const request = { id: "b", ttlSeconds: 60, creationPath: "test" };
  const wrap = await primary.replication.issueSecondaryToken(mode, request);
  return readBundle((await primary.unwrapHere(wrap.token)).body, mode);
}

/** Connects as secondary `b`, as its token lets it. */
async function open(kind: string, mode: ReplicationMode = "performance"): Promise<FrameChannel> {
  const { setId, link } = await bundleOf(mode);
  const { credentials } = link;
  const signal = AbortSignal.timeout(5_000);
  const connection = await http2Transport.dial({ address: primary.address, setId, credentials, signal });
  connections.push(connection);
  return await connection.open(kind);
}

/** One log line says what was refused, to whom and why; nothing but an end comes back. */
async function expectRefused(channel: FrameChannel, reason: RefusalReason): Promise<void> {
  await expect(endOf(channel)).resolves.toBe("ended");
  await expectLogged(reason);
}

async function expectLogged(reason: RefusalReason): Promise<void> {
  const isTold = (line: string) => line.includes("refused") && line.includes(`"reason":"${reason}"`);
  await until(`${reason} is logged`, () => set.logLines.some(isTold));
  expect(set.logLines.find(isTold)).toMatch(/"secondary":"b"/);
  expect(set.logLines.filter((line) => line.includes("refused a connection"))).toHaveLength(1);
}

async function endOf(channel: FrameChannel): Promise<string> {
  try {
    for (;;) {
      const frame = await channel.receive();
      if (frame === undefined) return "ended";
    }
  } catch {
    return "ended";
  }
}

function lineageOf(mode: ReplicationMode): Lineage {
  return primary.core.barrier.lineage(mode);
}

function hello(change: Partial<Hello> = {}): Buffer {
  return encodeFrame("hello", {
    protocol: PROTOCOL_VERSION,
    mode: "performance",
    secondaryId: "b",
    clusterId: "c".repeat(36),
    apiAddress: "https://b:8200",
    clusterAddress: "https://127.0.0.1:1",
    lineage: lineageOf("performance"),
    cursor: undefined,
    checksums: zeroChecksums(),
    mounts: [],
    rejoins: false,
    building: true,
    ...change,
  });
}

const history = (steps: number, clusterId: string): Lineage =>
  Array.from({ length: steps }, (_, n) => ({ epoch: { number: n + 1, clusterId }, startIndex: 1 }));

const beat = encodeFrame("heartbeat", {
  epoch: { number: 1, clusterId: "x" },
  sentAtMilliseconds: 0,
  echoSentAtMilliseconds: 0,
  echoHeldMilliseconds: 0,
  index: 0,
  logIndex: 0,
  canaryAgeMilliseconds: 0,
  apiAddress: "",
  clusterAddresses: [],
});

describe("on the stream", () => {
  const rows: readonly (readonly [string, RefusalReason, () => Buffer])[] = [
    ["a heartbeat before the hello", "out_of_order", () => beat],
    ["an acknowledgement before the hello", "out_of_order", () => encodeFrame("ack", { index: 1, bytes: 1 })],
    ["a frame of an unknown kind", "malformed_frame", () => Buffer.from([200, 1, 2, 3])],
    ["an empty frame", "malformed_frame", () => Buffer.alloc(0)],
    ["a hello that is no JSON", "malformed_frame", () => Buffer.from("\x01{nonsense")],
    ["a hello without its members", "malformed_frame", () => Buffer.from("\x01{}")],
    ["a hello with endless nesting", "malformed_frame", () => Buffer.from(`\x01${"[".repeat(100_000)}`)],
    ["a hello with a history without end", "malformed_frame", () => hello({ lineage: history(4_097, "c") })],
    ["a hello that names a cluster at length", "malformed_frame", () => hello({ lineage: history(1, "c".repeat(65)) })],
    ["another secondary's hello", "impostor", () => hello({ secondaryId: "c" })],
    ["a hello of the other mode", "impostor", () => hello({ mode: "dr" })],
    ["another protocol", "protocol", () => hello({ protocol: 99 })],
  ];
  test.each(rows)("%s", async (_name, reason, frame) => {
    const channel = await open(STREAM_CHANNEL);
    await channel.send(frame());
    await expectRefused(channel, reason);
  });

  test("no hello at all", async () => expectRefused(await open(STREAM_CHANNEL), "hello_timeout"));

  test("a history in which another cluster was promoted beside us", async () => {
    const [first] = lineageOf("performance");
    if (first === undefined) throw new Error("no lineage");
    const before = { ...first, epoch: { number: 1, clusterId: "f".repeat(36) } };
    const channel = await open(STREAM_CHANNEL);
    await channel.send(hello({ lineage: [before] }));
    await expectRefused(channel, "stale_epoch");
  });

  const inStream: readonly (readonly [string, RefusalReason, () => Buffer])[] = [
    ["a second hello", "out_of_order", () => hello()],
    ["entries, as if it were the primary", "out_of_order", () => encodeFrame("forget", { mountIds: ["m1"] })],
    ["an acknowledgement of what was never sent", "out_of_order", () => encodeFrame("ack", { index: 9e9, bytes: 0 })],
    ["an unknown kind", "malformed_frame", () => Buffer.from([77])],
  ];
  test.each(inStream)("%s, once it streams", async (_name, reason, frame) => {
    const channel = await open(STREAM_CHANNEL);
    const cursor = { clusterId: primary.core.log.clusterId, epoch: currentEpoch(lineageOf("performance")), index: 0 };
    await channel.send(hello({ cursor: { ...cursor, checksums: zeroChecksums() } }));
    expect((await channel.receive())?.[0]).toBe(2);
    await channel.send(frame());
    await expectRefused(channel, reason);
  });
});

test("a channel of an unknown kind", async () => expectRefused(await open("nonsense"), "unknown_channel"));

describe("by diff", () => {
  async function ask(channel: FrameChannel, request: DiffRequest): Promise<Buffer | undefined> {
    await channel.send(encodeDiffRequest(request));
    return await channel.receive();
  }

  async function opened(mode: ReplicationMode = "performance"): Promise<FrameChannel> {
    const channel = await open(DIFF_CHANNEL, mode);
    const answer = await ask(channel, { kind: "open", lineage: lineageOf(mode), rejoins: false });
    if (answer === undefined) throw new Error("no answer");
    const told = decodeOpenAnswer(answer);
    if (told.refusal !== undefined) throw new Error(told.refusal);
    if (mode === "performance") expect(told.mounts.map((mount) => mount.mountId)).not.toContain("m2");
    return channel;
  }

  const place = (keyClass: LoggedClass, mountId: string) => ({ class: keyClass, mountId, sumBytes: 32 });
  const questions: readonly (readonly [
    string,
    (keyClass: LoggedClass, mountId: string, key: string) => DiffRequest,
  ])[] = [
    ["pages", (keyClass, mountId) => ({ kind: "pages", ...place(keyClass, mountId) })],
    ["leaves", (keyClass, mountId) => ({ kind: "leaves", ...place(keyClass, mountId), pages: [1] })],
    [
      "elements",
      (keyClass, mountId) => ({ kind: "elements", ...place(keyClass, mountId), leaves: [1], after: undefined }),
    ],
    ["values", (keyClass, _mountId, key) => ({ kind: "values", class: keyClass, keys: [key] })],
  ];
  const targets: readonly (readonly [string, LoggedClass, string, string])[] = [
    ["a filtered mount", "replicated", "m2", "data/m2/k"],
    ["what is local", "local", "core", "core/token/t"],
    ["a mount that is not there", "replicated", "m9", "data/m9/k"],
  ];
  const rows = targets.flatMap(([what, keyClass, mountId, key]) =>
    questions.map(([kind, make]) => [kind, what, make(keyClass, mountId, key)] as const),
  );
  test.each(rows)("%s of %s", async (_kind, _what, request) => {
    const channel = await opened();
    await channel.send(encodeDiffRequest(request));
    await expectRefused(channel, "not_shipped");
  });

  test("values of a filtered mount among those of an open one", async () => {
    const channel = await opened();
    await channel.send(encodeDiffRequest({ kind: "values", class: "replicated", keys: ["data/m1/k", "data/m2/k"] }));
    await expectRefused(channel, "not_shipped");
  });

  test("the same question about an open mount is answered", async () => {
    const channel = await opened();
    const answer = await ask(channel, { kind: "values", class: "replicated", keys: ["data/m1/k"] });
    expect(answer?.length).toBeGreaterThan(10);
  });

  test("a DR secondary is shown what is local, and no filter", async () => {
    const channel = await opened("dr");
    for (const [keyClass, key] of [
      ["local", "core/token/t"],
      ["replicated", "data/m2/k"],
    ] as const) {
      expect((await ask(channel, { kind: "values", class: keyClass, keys: [key] }))?.length).toBeGreaterThan(10);
    }
  });

  test("a question before the opening", async () => {
    const channel = await open(DIFF_CHANNEL);
    await channel.send(encodeDiffRequest({ kind: "pages", ...place("replicated", "m1") }));
    await expectRefused(channel, "out_of_order");
  });

  test.each([
    ["an unknown question", Buffer.from([9])],
    ["an empty question", Buffer.alloc(0)],
    ["a count without its items", Buffer.from([5, 0, 0xff, 0xff, 0x03])],
  ])("%s", async (_name, frame) => {
    const channel = await opened();
    await channel.send(frame);
    await expectRefused(channel, "malformed_frame");
  });

  test("the log's tail from beyond its end", async () => {
    const channel = await opened();
    await channel.send(encodeDiffRequest({ kind: "tail", from: 1_000_000 }));
    await expectRefused(channel, "malformed_frame");
  });

  test("the log's tail holds nothing filtered and nothing local", async () => {
    const channel = await opened();
    const answer = await ask(channel, { kind: "tail", from: 0 });
    expect(answer?.includes("data/m1/k")).toBe(true);
    for (const hidden of ["data/m2/", "core/token"]) expect(answer?.includes(hidden)).toBe(false);
  });

  test("a stale history", async () => {
    const channel = await open(DIFF_CHANNEL);
    const forked = nextLineage([], "f".repeat(36), 1);
    expect((await ask(channel, { kind: "open", lineage: forked, rejoins: false }))?.[0]).toBe(0);
    channel.end();
    await expectLogged("stale_epoch");
  });
});

describe("by snapshot", () => {
  async function keysAfter(after: string | undefined): Promise<readonly string[]> {
    const channel = await open(SNAPSHOT_CHANNEL);
    await channel.send(encodeChunkRequest({ after }));
    const answer = await channel.receive();
    if (answer === undefined) throw new Error("no answer");
    return decodeChunk(answer).pairs.map((pair) => `${pair.class}:${pair.key}`);
  }

  test.each([undefined, "l/", "l/core/token/", "r/data/m2/", "r/data/m2/j"])(
    "a walk that begins at %j shows nothing filtered and nothing local",
    async (after) => {
      const keys = await keysAfter(after);
      expect(keys.filter((key) => key.startsWith("local:") || key.includes("m2"))).toEqual([]);
      if (after === undefined) expect(keys).toContain("replicated:data/m1/k");
    },
  );

  test.each(["n/", "n/core/identity", "x", "r", "../r/data/m2/k"])("a walk that begins at %j", async (after) => {
    const channel = await open(SNAPSHOT_CHANNEL);
    await channel.send(encodeChunkRequest({ after }));
    await expectRefused(channel, "malformed_frame");
  });

  test("a request that is longer than any", async () => {
    const channel = await open(SNAPSHOT_CHANNEL);
    await channel.send(encodeChunkRequest({ after: "r/".padEnd(10_000, "a") }));
    await expectRefused(channel, "oversized_frame");
  });

  test("a request over the limit of the channel", async () => {
    const channel = await open(SNAPSHOT_CHANNEL);
    // It is refused at its header, so that the rest need not be taken any more.
    await Promise.allSettled([channel.send(Buffer.alloc(1024 * 1024))]);
    await expectRefused(channel, "oversized_frame");
  });
});

describe("by forwarding", () => {
  const facts = tokenFacts(["root"]);

  function request(change: {
    readonly path?: string;
    readonly mode?: ReplicationMode;
    readonly stale?: boolean;
    readonly token?: boolean;
  }) {
    const { path = "data/m1/k", mode = "performance", stale = false, token = false } = change;
    const epoch = stale ? { number: 0, clusterId: "" } : currentEpoch(lineageOf(mode));
    return encodeForward({
      epoch,
      mode,
      request: {
        id: "1",
        caller: token ? { kind: "token", token: Buffer.from("hvs.root") } : { kind: "facts", facts },
        operation: "update",
        path,
        query: new Map(),
        body: Buffer.from("{}"),
        contentType: undefined,
        remoteAddress: "",
        wrapTtlSeconds: undefined,
      },
    });
  }

  const rows: readonly (readonly [string, RefusalReason, Parameters<typeof request>[0], string])[] = [
    ["a request of the other mode", "forward_denied", { mode: "dr" }, "permission_denied"],
    ["a token where facts are due", "forward_denied", { token: true }, "permission_denied"],
    ["a call of replication itself", "forward_denied", { path: "sys/replication/recover" }, "permission_denied"],
    ["the seal", "forward_denied", { path: "sys/seal" }, "permission_denied"],
    ["a root token", "forward_denied", { path: "sys/generate-root/attempt" }, "permission_denied"],
    ["an epoch that is over", "stale_epoch", { stale: true }, "fenced"],
  ];
  test.each(rows)("%s", async (_name, reason, change, code) => {
    const channel = await open(FORWARD_CHANNEL);
    await channel.send(request(change));
    expect(decodeForwardReply((await channel.receive()) ?? Buffer.alloc(0))).toMatchObject({ kind: "error", code });
    channel.end();
    await expectLogged(reason);
  });

  test("what the pipeline finds beyond its reach: it learns that it is denied, and no more", async () => {
    const channel = await open(FORWARD_CHANNEL);
    await channel.send(request({ path: "sys/capabilities" }));
    expect(String(await channel.receive())).toMatch(/"status":403(?!.*sys)/);
    channel.end();
    await expectLogged("forward_denied");
  });

  test("a request that is none", async () => {
    const channel = await open(FORWARD_CHANNEL);
    await channel.send(Buffer.from([0, 0, 0, 9, 1]));
    await expectRefused(channel, "malformed_frame");
  });

  test("a call into a filtered mount", async () => {
    const channel = await open(CALL_CHANNEL);
    const epoch = currentEpoch(lineageOf("performance"));
    await channel.send(encodeCall({ epoch, mountId: "m2", name: "upsert", payload: new Map() }));
    const reply = decodeCallReply((await channel.receive()) ?? Buffer.alloc(0));
    expect(reply).toMatchObject({ kind: "error", code: "permission_denied" });
    channel.end();
    await expectLogged("forward_denied");
  });
});
