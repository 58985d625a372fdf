import type { ExportChunk, ExportRequest } from "../../sdk/log";
import { MountScope } from "../filter/mount-scope";
import { DEFAULT_STREAM_LIMITS } from "./limits";
import { type ChunkStart, decodeChunk, decodeChunkRequest, encodeChunkRequest, serveSnapshot } from "./snapshot";
import { MalformedFrame } from "./wire";

const chunk: ExportChunk = { pairs: [], readAtIndex: 1, next: "more" };
const index = {
  mounts: () => [],
  pages: () => [],
  leaves: () => [],
  elements: async () => ({ elements: [], next: undefined }),
};

const FIRST = { after: undefined };

/** A channel on which the secondary makes these requests and then ends it. */
function asking(requests: readonly ChunkStart[]) {
  const sent: Buffer[] = [];
  const left = [...requests];
  return {
    sent,
    receive: async () => {
      const request = left.shift();
      return request === undefined ? undefined : encodeChunkRequest(request);
    },
    send: async (frame: Buffer) => {
      sent.push(frame);
    },
  };
}

const scopeOf = (paths: readonly string[]): MountScope =>
  new MountScope({ mode: "deny", paths }, async () => "payments/");

test("a filter that changes while a chunk is read ends the snapshot before the chunk is sent", async () => {
  let scope = scopeOf([]);
  let chunks = 0;
  const log = {
    clusterId: "primary",
    index,
    exportChunk: async () => {
      chunks += 1;
      if (chunks === 2) scope = scopeOf(["payments/"]);
      return chunk;
    },
  };
  const channel = asking([FIRST, "next", "next"]);
  const serving = serveSnapshot(log, "performance", () => scope, DEFAULT_STREAM_LIMITS, channel);
  await expect(serving).rejects.toThrow(/filter changed/);
  expect(channel.sent).toHaveLength(1);
});

test("an unchanged filter lets the snapshot go on to its end", async () => {
  const scope = scopeOf([]);
  const channel = asking([FIRST, "next", "next"]);
  const log = { clusterId: "primary", index, exportChunk: async () => chunk };
  await serveSnapshot(log, "performance", () => scope, DEFAULT_STREAM_LIMITS, channel);
  expect(channel.sent).toHaveLength(3);
});

test("chunks asked for ahead follow each other, and what is asked for behind the last is no error", async () => {
  const asked: (string | undefined)[] = [];
  const log = {
    clusterId: "primary",
    index,
    exportChunk: async ({ after }: ExportRequest) => {
      asked.push(after);
      return { ...chunk, next: asked.length < 3 ? `key ${asked.length}` : undefined };
    },
  };
  const channel = asking([FIRST, "next", "next", "next", "next"]);
  const scope = scopeOf([]);
  await serveSnapshot(log, "performance", () => scope, DEFAULT_STREAM_LIMITS, channel);
  expect(asked).toEqual([undefined, "key 1", "key 2"]);
  expect(channel.sent.map((frame) => decodeChunk(frame).next)).toEqual(["key 1", "key 2", undefined]);
});

test("no more than one chunk is held while another goes out", async () => {
  let read = 0;
  let release: (() => void) | undefined;
  const log = { clusterId: "primary", index, exportChunk: async () => ({ ...chunk, next: `key ${read++}` }) };
  const channel = {
    ...asking([FIRST, "next", "next", "next"]),
    send: () =>
      new Promise<void>((resolve) => {
        release = resolve;
      }),
  };
  const scope = scopeOf([]);
  const serving = serveSnapshot(log, "performance", () => scope, DEFAULT_STREAM_LIMITS, channel);
  for (const expected of [2, 3, 4]) {
    await new Promise((resolve) => setImmediate(resolve));
    expect(read).toBe(expected);
    release?.();
  }
  await new Promise((resolve) => setImmediate(resolve));
  release?.();
  await serving;
});

test("who takes long to take in the last chunk is not waited for as one who asks for nothing", async () => {
  const events: string[] = [];
  let release: (() => void) | undefined;
  const requests = asking([FIRST]);
  const channel = {
    receive: () => {
      events.push("receive");
      return requests.receive();
    },
    send: () =>
      new Promise<void>((resolve) => {
        events.push("send");
        release = resolve;
      }),
  };
  const log = { clusterId: "primary", index, exportChunk: async () => ({ ...chunk, next: undefined }) };
  const scope = scopeOf([]);
  const serving = serveSnapshot(log, "performance", () => scope, DEFAULT_STREAM_LIMITS, channel);
  await new Promise((resolve) => setImmediate(resolve));
  expect(events).toEqual(["receive", "send"]);
  release?.();
  await serving;
  expect(events).toEqual(["receive", "send", "receive"]);
});

test.each([
  ["an unknown kind of start", Buffer.from([9])],
  ["bytes behind the request", Buffer.from([0, 0])],
  ["a start without a key", Buffer.from([1])],
  ["nothing at all", Buffer.alloc(0)],
])("a request with %s is refused", (_, request) => {
  expect(() => decodeChunkRequest(request)).toThrow(MalformedFrame);
});

test("a request for the next chunk before any is refused", async () => {
  const log = { clusterId: "primary", index, exportChunk: async () => chunk };
  const scope = scopeOf([]);
  const serving = serveSnapshot(log, "performance", () => scope, DEFAULT_STREAM_LIMITS, asking(["next"]));
  await expect(serving).rejects.toBeInstanceOf(MalformedFrame);
});
