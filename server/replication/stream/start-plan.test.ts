import { openTestCore } from "../../lifecycle/testing/test-core";
import { zeroChecksum } from "../../sdk/checksum";
import { nextLineage } from "../../sdk/lineage";
import type { UpstreamCursor } from "../../sdk/log";
import { PROTOCOL_VERSION } from "./limits";
import { planStart } from "./start-plan";

type Core = Awaited<ReturnType<typeof openTestCore>>;

const HELLO = {
  protocol: PROTOCOL_VERSION,
  mode: "dr",
  secondaryId: "old",
  clusterId: "old",
  apiAddress: "",
  clusterAddress: "",
  checksums: { replicated: zeroChecksum(), local: zeroChecksum() },
  mounts: [],
  rejoins: true,
  building: false,
} as const;

function cursorOf({ log }: Core): UpstreamCursor {
  const { index, checksums } = log.position();
  return {
    clusterId: log.clusterId,
    epoch: log.epochs().performance,
    index,
    checksums: { replicated: checksums.replicated, local: zeroChecksum() },
  };
}

/** The performance primary writes, the other one applies it. */
async function writeAndShip(primary: Core, secondary: Core, key: string): Promise<void> {
  const view = primary.barrier.view("data/m1/", "replicated");
  const { index } = await view.commit([view.put(key, Buffer.from("1"))]);
  const entries = await primary.log.readBatch(index - 1, 1);
  await secondary.log.applyUpstream({
    mode: "performance",
    followsIndex: index - 1,
    entries,
    cursor: cursorOf(primary),
  });
}

test("a former primary that followed the same cluster on starts before the promotion that it does not know", async () => {
  const primary = await openTestCore({ seed: 3 });
  const promoted = await openTestCore({ seed: 3 });
  const [keyring] = await primary.log.readCiphertexts("replicated", ["core/keyring"]);
  await promoted.log.append({
    operations: [{ class: "replicated", key: "core/keyring", value: keyring }],
    cursors: { performance: cursorOf(primary) },
  });
  const before = nextLineage([], "old", 1);
  await promoted.barrier.commit([], { lineages: { dr: before } });
  await writeAndShip(primary, promoted, "before");
  const promotion = promoted.log.lastIndex() + 1;
  const lineage = nextLineage(before, promoted.log.clusterId, promotion);
  await promoted.barrier.commit([], { lineages: { dr: lineage } });
  await writeAndShip(primary, promoted, "after");

  const known = await planStart(promoted.log, lineage, { ...HELLO, lineage, cursor: cursorOf(primary) });
  expect(known).toEqual({ action: "stream", index: promoted.log.lastIndex() });
  const unknown = await planStart(promoted.log, lineage, { ...HELLO, lineage: before, cursor: cursorOf(primary) });
  expect(unknown).toEqual({ action: "stream", index: promotion - 1 });
});
