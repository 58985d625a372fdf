import { PathsFilter } from "../l2/paths-filter";
import { RuleError } from "../l2/rule-error";
import { checkTopology, type TopologyShape } from "./topology-rules";

const VALID: TopologyShape = {
  name: "secrets",
  primary: "dc-a",
  datacenters: { "dc-a": {}, "dc-b": { pathsFilter: PathsFilter.deny(["payments-eu/"]) } },
  standbys: { "dc-a": "dc-a-dr" },
};

function broken(shape: Partial<TopologyShape>): string {
  try {
    checkTopology({ ...VALID, ...shape });
  } catch (error) {
    if (error instanceof RuleError) return error.message;
    throw error;
  }
  return "";
}

describe("checkTopology", () => {
  it("accepts a primary in a data center and in a DR secondary", () => {
    expect(broken({})).toBe("");
    expect(broken({ primary: "dc-a-dr" })).toBe("");
    expect(broken({ standbys: {} })).toBe("");
  });

  it.each<[string, Partial<TopologyShape>, string]>([
    [
      "no data center",
      { datacenters: {}, standbys: {} },
      "no data center is given: name at least the primary's [topology/empty]",
    ],
    [
      "a bad name",
      { datacenters: { "dc-a": {}, "DC B": {} } },
      'the data center "DC B" is not a name: use 1 to 63 lower-case letters, digits and dashes, with no dash at either end [name/invalid]',
    ],
    [
      "a bad name of a standby",
      { standbys: { "dc-a": "dr_a" } },
      'the DR secondary "dr_a" is not a name: use 1 to 63 lower-case letters, digits and dashes, with no dash at either end [name/invalid]',
    ],
    [
      "a bad name of its own",
      { name: "Secrets" },
      'the topology "Secrets" is not a name: use 1 to 63 lower-case letters, digits and dashes, with no dash at either end [name/invalid]',
    ],
    [
      "a name that is a cluster's",
      { name: "dc-a-dr" },
      'the topology and one of its clusters are both named "dc-a-dr", and "cluster" of other resources could mean either: rename one of the two [topology/name-taken]',
    ],
    [
      "a standby of nothing",
      { standbys: { "dc-c": "dc-c-dr" } },
      'DR secondary "dc-c-dr" stands by for "dc-c", which is no data center: use one of "dc-a", "dc-b" [topology/standby-of-unknown]',
    ],
    [
      "a standby of an inherited name",
      { standbys: { constructor: "x" } },
      'DR secondary "x" stands by for "constructor", which is no data center: use one of "dc-a", "dc-b" [topology/standby-of-unknown]',
    ],
    [
      "a standby of two",
      { standbys: { "dc-a": "dr", "dc-b": "dr" } },
      '"dr" stands by for both "dc-a" and "dc-b": give each a DR secondary of its own [topology/standby-of-two]',
    ],
    [
      "a standby that serves",
      { standbys: { "dc-a": "dc-b" } },
      '"dc-b" is a data center and also the DR secondary of "dc-a": a DR secondary serves nobody, so use another cluster for one of the two [topology/standby-serves]',
    ],
    [
      "a standby of itself",
      { standbys: { "dc-a": "dc-a" } },
      '"dc-a" is a data center and also the DR secondary of "dc-a": a DR secondary serves nobody, so use another cluster for one of the two [topology/standby-serves]',
    ],
    [
      "an unknown primary",
      { primary: "dc-z" },
      'primary "dc-z" is neither a data center nor a DR secondary: use one of "dc-a", "dc-b", "dc-a-dr" [topology/primary-unknown]',
    ],
    [
      "an inherited primary",
      { primary: "constructor" },
      'primary "constructor" is neither a data center nor a DR secondary: use one of "dc-a", "dc-b", "dc-a-dr" [topology/primary-unknown]',
    ],
    [
      "a filtered primary",
      { primary: "dc-b" },
      '"dc-b" has a paths filter, but "dc-b" is the primary and holds everything: remove the filter or choose another primary [topology/primary-filtered]',
    ],
    [
      "a filtered primary's standby",
      { primary: "dr-b", standbys: { "dc-b": "dr-b" } },
      '"dc-b" has a paths filter, but "dr-b" is the primary and holds everything: remove the filter or choose another primary [topology/primary-filtered]',
    ],
    [
      "more nodes than embedded storage can have",
      { datacenters: { "dc-a": { nodes: 3 } } },
      '"dc-a" asks for 3 nodes, but its embedded storage belongs to one process: use nodes: 1 [topology/nodes]',
    ],
    [
      "no node",
      { datacenters: { "dc-a": { nodes: 0 } } },
      '"dc-a" asks for 0 nodes, but its embedded storage belongs to one process: use nodes: 1 [topology/nodes]',
    ],
  ])("refuses %s", (_, shape, message) => {
    expect(broken(shape)).toBe(message);
  });
});
