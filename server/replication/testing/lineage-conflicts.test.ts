import { currentEpoch } from "../../sdk/lineage";
import { readBundle } from "../role/activation-bundle";
import { encodeFrame } from "../stream/frames";
import { PROTOCOL_VERSION } from "../stream/limits";
import { STREAM_CHANNEL } from "../stream/primary-hub";
import { zeroChecksums } from "../stream/running-checksums";
import { type TestNode, TestSet } from "./test-set";

let set: TestSet;
let a: TestNode;
beforeEach(async () => {
  set = new TestSet();
  a = await set.start("a");
  await a.replication.enablePrimary("dr", { primaryClusterAddress: "" });
});
afterEach(() => set.close());

/** A member that followed a cluster which was promoted beside `a` comes to `a`, and is sent away. */
async function comeFrom(promoted: string, secondaryId: string, clusterAddress: string): Promise<void> {
  const request = { id: secondaryId, ttlSeconds: 60, creationPath: "test" };
  const wrap = await a.replication.issueSecondaryToken("dr", request);
  const { setId, link } = readBundle((await a.unwrapHere(wrap.token)).body, "dr");
  const { credentials } = link;
  const signal = AbortSignal.timeout(5_000);
  const transport = set.network.transportOf(secondaryId);
  const connection = await transport.dial({ address: a.address, setId, credentials, signal });
  const channel = await connection.open(STREAM_CHANNEL);
  const hello = {
    protocol: PROTOCOL_VERSION,
    mode: "dr" as const,
    secondaryId,
    clusterId: secondaryId,
    apiAddress: "https://x:8200",
    clusterAddress,
    lineage: [{ epoch: { number: 1, clusterId: promoted }, startIndex: 1 }],
    cursor: undefined,
    checksums: zeroChecksums(),
    mounts: [],
    rejoins: false,
    building: false,
  };
  await channel.send(encodeFrame("hello", hello));
  while ((await channel.receive().catch(() => undefined)) !== undefined);
  connection.destroy();
}

const conflicts = () => a.status("dr").conflicting_epochs;
const seen = { seen_at: expect.any(String) };
const named = (secondary_id: string, cluster_address: string) => ({ secondary_id, cluster_address, ...seen });

test("every lineage is named with everybody who showed it, over restarts", async () => {
  await comeFrom("x", "b", "https://10.0.0.2:8201");
  await comeFrom("y", "c", "https://10.0.0.3:8201");
  await comeFrom("x", "d", "https://10.0.0.4:8201");
  await comeFrom("x", "b", "https://10.0.0.9:8201");
  await comeFrom("z", "d", `https://${"h".repeat(254)}:8201`);
  expect(currentEpoch(a.core.barrier.lineage("dr")).number).toBe(1);
  const [b, c, d] = [
    named("b", "https://10.0.0.2:8201"),
    named("c", "https://10.0.0.3:8201"),
    named("d", "https://10.0.0.4:8201"),
  ];
  const expected = [
    { number: 1, cluster_id: "z", ...named("d", ""), witnesses: [named("d", "")] },
    { number: 1, cluster_id: "y", ...c, witnesses: [c] },
    { number: 1, cluster_id: "x", ...b, witnesses: [b, d] },
  ];
  expect(conflicts()).toEqual(expected);
  await a.restart();
  expect(conflicts()).toEqual(expected);
});

test("the number of witnesses has a limit", async () => {
  for (let n = 0; n < 18; n += 1) await comeFrom("x", `s${n}`, "https://10.0.0.2:8201");
  const [first] = conflicts() as readonly { readonly witnesses: readonly unknown[] }[];
  expect(first?.witnesses).toHaveLength(16);
});
