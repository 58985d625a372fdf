import type { ExportChunk } from "../../sdk/log";
import { MountScope } from "../filter/mount-scope";
import { DEFAULT_STREAM_LIMITS } from "./limits";
import { encodeChunkRequest, serveSnapshot } from "./snapshot";

const chunk: ExportChunk = { pairs: [], readAtIndex: 1, next: "more" };
const index = {
  mounts: () => [],
  pages: () => [],
  leaves: () => [],
  elements: async () => ({ elements: [], next: undefined }),
};

/** A channel on which the secondary asks for chunk after chunk. */
function asking(requests: number) {
  const sent: Buffer[] = [];
  let left = requests;
  return {
    sent,
    receive: async () => (left-- > 0 ? encodeChunkRequest(undefined) : undefined),
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
  const channel = asking(3);
  const serving = serveSnapshot(log, "performance", () => scope, DEFAULT_STREAM_LIMITS, channel);
  await expect(serving).rejects.toThrow(/filter changed/);
  expect(channel.sent).toHaveLength(1);
});

test("an unchanged filter lets the snapshot go on to its end", async () => {
  const scope = scopeOf([]);
  const channel = asking(3);
  const log = { clusterId: "primary", index, exportChunk: async () => chunk };
  await serveSnapshot(log, "performance", () => scope, DEFAULT_STREAM_LIMITS, channel);
  expect(channel.sent).toHaveLength(3);
});
