import { openTestCore } from "../../lifecycle/testing/test-core";
import type { Storage } from "../../sdk/storage";
import { openMemoryStorage } from "../../storage/memory/index";

/** How many pairs a storage's scans gave. */
function counting(storage: Storage): { readonly storage: Storage; scanned: number } {
  const counted = {
    scanned: 0,
    storage: {
      capabilities: storage.capabilities,
      read: (keys: readonly string[]) => storage.read(keys),
      list: storage.list.bind(storage),
      scan: async (prefix: string, options: { readonly limit: number; readonly after?: string }) => {
        const pairs = await storage.scan(prefix, options);
        counted.scanned += pairs.length;
        return pairs;
      },
      commit: storage.commit.bind(storage),
      close: () => storage.close(),
    },
  };
  return counted;
}

async function filled() {
  const counted = counting(await openMemoryStorage());
  const core = await openTestCore({ storage: counted.storage });
  for (const mountId of ["m0", "m1", "m10", "m2"]) {
    const operations = Array.from({ length: mountId === "m1" ? 3_000 : 300 }, (_, n) => ({
      class: "replicated" as const,
      key: `data/${mountId}/key${String(n).padStart(5, "0")}`,
      value: Buffer.from(`${mountId} ${n}`),
    }));
    operations.push({ class: "replicated", key: `mounts/${mountId}`, value: Buffer.from(mountId) });
    await core.log.append({ operations });
  }
  counted.scanned = 0;
  return { core, counted };
}

async function exported(core: Awaited<ReturnType<typeof openTestCore>>, includeMount: (mountId: string) => boolean) {
  const keys: string[] = [];
  for (let after: string | undefined; ; ) {
    const request = { classes: ["replicated"] as const, includeMount, after, limitPairs: 200, limitBytes: 1e6 };
    const chunk = await core.log.exportChunk(request);
    keys.push(...chunk.pairs.map((pair) => pair.key));
    if (chunk.next === undefined) return keys;
    after = chunk.next;
  }
}

test("the values of a mount that is left out are not read, and nothing of the others is missed", async () => {
  const { core, counted } = await filled();
  const keys = await exported(core, (mountId) => mountId !== "m1" && mountId !== "core");
  expect(keys).toHaveLength(3 * 301);
  expect(new Set(keys.map((key) => key.split("/")[1]))).toEqual(new Set(["m0", "m10", "m2"]));
  expect(counted.scanned).toBeLessThan(2_500);
  counted.scanned = 0;
  const all = await exported(core, () => true);
  expect(all.filter((key) => key.startsWith("data/m1/"))).toHaveLength(3_000);
  expect(new Set(all).size).toBe(all.length);
  expect(counted.scanned).toBeGreaterThan(3_900);
  await core.close();
});
