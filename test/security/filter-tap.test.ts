import { getKey, putKey, putMount } from "../../server/replication/testing/test-cluster";
import { link, type TestNode, TestSet, until } from "../../server/replication/testing/test-set";
import { type TappedFrame, tappedTransport } from "../support/tapped-transport";

/**
 * Over real sockets and TLS 1.3: every frame that reached a filtering secondary, read below TLS, on every channel and in every
 * way of catching up. A secondary without a filter is tapped the same way: what is not found in the one is found in the other.
 */
let set: TestSet;
let primary: TestNode;
let filtering: TestNode;
let open: TestNode;
let frames: Map<string, TappedFrame[]>;
/** All that ever was stored of the mounts, as ciphertext: later writes and the filters' changes replace it. */
let ciphertexts: Map<string, Buffer[]>;

const SHORT = { chunkPairs: 4 };

beforeEach(async () => {
  set = new TestSet(true);
  frames = new Map();
  ciphertexts = new Map();
  set.aroundTransport = (name, transport) =>
    tappedTransport(transport, (frame) => frames.set(name, [...(frames.get(name) ?? []), frame]));
  [primary, filtering, open] = [
    await set.start("primary", SHORT),
    await set.start("filtering", SHORT),
    await set.start("open", SHORT),
  ];
  for (const mount of ["hidden", "shared"]) {
    await putMount(primary.core, `mount-${mount}`, `${mount}/`);
    for (let at = 0; at < 20; at += 1) await put(mount, `before-${at}`);
  }
  await primary.replication.enablePrimary("performance", { primaryClusterAddress: "" });
});
afterEach(() => set.close());

async function put(mount: string, name: string): Promise<void> {
  const key = `data/mount-${mount}/${name}`;
  await putKey(primary.core, key, `value of ${mount} ${name}`);
  const [stored] = await primary.core.log.readCiphertexts("replicated", [key]);
  if (stored === undefined) throw new Error(`${key} is not stored`);
  ciphertexts.set(mount, [...(ciphertexts.get(mount) ?? []), stored]);
}

async function arrived(node: TestNode, mount: string, name: string): Promise<void> {
  const key = `data/mount-${mount}/${name}`;
  await until(`${key} is on ${node.name}`, async () => (await getKey(node.core, key)) === `value of ${mount} ${name}`);
}

function received(name: string): readonly TappedFrame[] {
  return frames.get(name) ?? [];
}

/** How many of the mount's ciphertexts the node got, and whether its name ever appeared. */
function findings(name: string, mount: string): { readonly values: number; readonly named: boolean } {
  const values = (ciphertexts.get(mount) ?? []).filter((value) =>
    received(name).some(({ bytes }) => bytes.includes(value)),
  );
  return { values: values.length, named: received(name).some(({ bytes }) => bytes.includes(`mount-${mount}`)) };
}

function channelsOf(name: string): readonly string[] {
  return [...new Set(received(name).map(({ channel }) => channel))];
}

/** Snapshot, stream, and a diff after the log has forgotten where the secondaries stood. */
async function catchUpInEveryWay(): Promise<void> {
  await link(primary, filtering, "performance");
  await link(primary, open, "performance");
  for (const mount of ["hidden", "shared"]) for (let at = 0; at < 10; at += 1) await put(mount, `live-${at}`);
  await arrived(filtering, "shared", "live-9");
  await arrived(open, "hidden", "live-9");
  await Promise.all([filtering.close(), open.close()]);
  for (const mount of ["hidden", "shared"]) for (let at = 0; at < 10; at += 1) await put(mount, `away-${at}`);
  await primary.core.log.truncate(primary.core.log.lastIndex());
  await Promise.all([filtering.open(), open.open()]);
  await arrived(filtering, "shared", "away-9");
  await arrived(open, "hidden", "away-9");
}

it.each([
  ["deny", ["hidden/"]],
  ["allow", ["shared/"]],
] as const)(
  "a filter that says %s: nothing of the hidden mount in any frame, everything in the unfiltered one's",
  async (mode, paths) => {
    await primary.replication.writePathsFilter("filtering", { mode, paths });
    await catchUpInEveryWay();
    for (const name of ["filtering", "open"]) {
      expect(channelsOf(name)).toEqual(expect.arrayContaining(["bootstrap", "snapshot", "stream", "diff"]));
      expect(findings(name, "shared")).toEqual({ values: 40, named: true });
    }
    expect(findings("open", "hidden")).toEqual({ values: 40, named: true });
    expect(findings("filtering", "hidden")).toEqual({ values: 0, named: false });
  },
  60_000,
);

test("a filter put on the fly: from then on nothing of the mount is received, and lifted, everything is", async () => {
  await catchUpInEveryWay();
  await primary.replication.writePathsFilter("filtering", { mode: "deny", paths: ["hidden/"] });
  await until(
    "the mount is gone",
    async () => (await getKey(filtering.core, "data/mount-hidden/live-0")) === undefined,
  );
  const before = { frames: received("filtering").length, values: ciphertexts.get("hidden")?.length ?? 0 };
  for (const mount of ["hidden", "shared"]) for (let at = 0; at < 10; at += 1) await put(mount, `denied-${at}`);
  await arrived(filtering, "shared", "denied-9");
  frames.set("filtering", received("filtering").slice(before.frames));
  expect(findings("filtering", "hidden")).toEqual({ values: 0, named: false });
  expect(findings("filtering", "shared").values).toBe(10);
  await primary.replication.deletePathsFilter("filtering");
  await arrived(filtering, "hidden", "denied-9");
  expect(findings("filtering", "hidden")).toEqual({ values: before.values + 10, named: true });
}, 60_000);
