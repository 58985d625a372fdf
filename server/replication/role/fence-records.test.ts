import { isPlausible, LINEAGE_STEPS_MAX } from "../../sdk/lineage";
import type { Lineage } from "../../sdk/log";
import { CONFLICTS_MAX, decodeConflicts, decodeFence, encodeConflicts, encodeFence } from "./fence-records";

const clusterId = "c".repeat(64);
/** The longest that is believed. */
const longest: Lineage = Array.from({ length: LINEAGE_STEPS_MAX }, (_, n) => ({
  epoch: { number: n + 1, clusterId },
  startIndex: Number.MAX_SAFE_INTEGER,
  after: { clusterId, index: Number.MAX_SAFE_INTEGER },
}));
const witness = { secondaryId: "s", clusterAddress: `https://${"h".repeat(253)}:8201`, seenAtMilliseconds: 1 };

test("whatever is believed of others' histories can be read again at the next start", () => {
  expect(isPlausible(longest)).toBe(true);
  expect(decodeFence(encodeFence(longest))).toEqual(longest);
  const conflicts = Array.from({ length: CONFLICTS_MAX }, () => ({
    lineage: longest,
    witnesses: Array.from({ length: 16 }, () => witness),
  }));
  expect(decodeConflicts(encodeConflicts(conflicts))).toEqual(conflicts);
});

test("a record of before, with one witness", () => {
  const stored = {
    version: 1,
    conflicts: [{ lineage: [], secondary_id: "s", cluster_addr: witness.clusterAddress, seen_at: 1 }],
  };
  const expected = [{ lineage: [], witnesses: [witness] }];
  expect(decodeConflicts(Buffer.from(JSON.stringify(stored)))).toEqual(expected);
});
