import { openTestCore, reopenTestCore } from "../../server/lifecycle/testing/test-core";
import { kv } from "../../server/mounts/secrets/kv";
import { stringifyJson } from "../../server/sdk/json";
import { mountDataPrefix } from "../../server/sdk/key-layout";
import type { MountContext } from "../../server/sdk/mount";
import type { Outcome } from "../../server/sdk/outcome";
import { openMount } from "../../server/sdk/testing/call-path";
import { mountContext } from "../../server/sdk/testing/mount-context";
import type { View } from "../../server/sdk/view";
import { storageEngines } from "./storage-engines";

/** The test context over the real barrier's view. */
function contextOver(view: View): MountContext {
  const context = mountContext({ options: { version: "2" } });
  return Object.defineProperty(context, "storage", { value: view });
}

function text(outcome: Outcome): string {
  if (outcome.kind !== "data") throw new Error(`the outcome is ${outcome.kind}`);
  return stringifyJson(outcome.data);
}

test.each(storageEngines)(
  "kv over the barrier, the log and $name: concurrent writers, then everything again",
  async (engine) => {
    const place = await engine.place();
    const prefix = mountDataPrefix("8f0c4b5e-7a39-4d9e-9a53-0d6f3a2b1c4d");
    const storage = await place.open();
    const core = await openTestCore({ storage });
    const call = openMount(kv, contextOver(core.barrier.view(prefix, "replicated")));
    // A second context has locks of its own, as another process would.
    const other = openMount(kv, contextOver(core.barrier.view(prefix, "replicated")));
    await call("update", "config", { body: { max_versions: 200 } });
    const writes = Array.from({ length: 100 }, (_, index) =>
      (index % 2 === 0 ? call : other)("write", `data/shared/${index % 5}`, {
        body: `{"data":{"n":${index},"big":9007199254740993}}`,
      }),
    );
    const versions = (await Promise.all(writes)).map((outcome) => JSON.parse(text(outcome)).version);
    expect(versions.sort((a, b) => a - b)).toEqual(
      Array.from({ length: 100 }, (_, index) => Math.floor(index / 5) + 1),
    );
    const before = await Promise.all(
      [0, 1, 2, 3, 4].map(async (index) => text(await call("read", `data/shared/${index}`))),
    );
    await storage.close();

    const reopened = await place.open();
    const again = await reopenTestCore(reopened);
    const reader = openMount(kv, contextOver(again.barrier.view(prefix, "replicated")));
    expect(await reader("list", "metadata/shared")).toEqual({ kind: "list", keys: ["0", "1", "2", "3", "4"] });
    for (const [index, expected] of before.entries()) {
      expect(text(await reader("read", `data/shared/${index}`))).toBe(expected);
      expect(expected).toContain('"big":9007199254740993');
      expect(text(await reader("read", `data/shared/${index}`, { query: { version: "1" } }))).toContain('"version":1}');
    }
    await reopened.close();
    await place.remove();
  },
  60_000,
);
