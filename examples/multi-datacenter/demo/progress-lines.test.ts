import { bare, progressOf } from "./progress-lines";

describe("progressOf", () => {
  it.each([
    [
      "multi-datacenter  meridian_node.topology_dc-a_Node_74652AC8 (topology/dc-a/Node): Creation complete after 1s [id=dc-a]",
      "made meridian_node topology/dc-a (1s)",
    ],
    [
      "                  meridian_topology.topology_63F4D891 (topology/Resource): Modifications complete after 12s [id=topology]",
      "changed meridian_topology topology (12s)",
    ],
    [
      "meridian_kv_secret.x (secrets/database/Resource): Destruction complete after 0s",
      "destroyed meridian_kv_secret secrets/database (0s)",
    ],
    [
      "multi-datacenter  meridian_topology.t (topology/Resource): Still modifying... [id=topology, 10s elapsed]",
      "still modifying meridian_topology topology/Resource (10s)",
    ],
    ["  Plan: 19 to add, 0 to change, 0 to destroy.", "Plan: 19 to add, 0 to change, 0 to destroy."],
    [
      "multi-datacenter  No changes. Your infrastructure matches the configuration.",
      "No changes. Your infrastructure matches the configuration.",
    ],
  ])("tells of %j", (line, told) => {
    expect(progressOf(line)).toBe(told);
  });

  it.each(["", "multi-datacenter", '  + resource "meridian_node" {', "Refreshing state... [id=dc-a]", "Initializing"])(
    "keeps %j to itself",
    (line) => {
      expect(progressOf(line)).toBeUndefined();
    },
  );

  it("takes the stack's name off", () => {
    expect(bare("multi-datacenter  Error: x")).toBe("Error: x");
    expect(bare("   Error: x ")).toBe("Error: x");
  });
});
