import type { PathsFilter } from "../l2/paths-filter";
import { RuleError, requireName } from "../l2/rule-error";

/** What the rules look at: names and relations, no constructs. */
export interface TopologyShape {
  readonly name: string;
  readonly primary: string;
  readonly datacenters: { readonly [name: string]: { readonly nodes?: number; readonly pathsFilter?: PathsFilter } };
  /** Datacenter -> name of its DR secondary. */
  readonly standbys: { readonly [datacenter: string]: string };
}

type Rule = (shape: TopologyShape) => void;

const list = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(", ");

/** Each wrong topology is refused by one row, with an id, the two values and the fix. */
const RULES: readonly Rule[] = [
  function namesAreValid({ name: topology, datacenters, standbys }) {
    requireName("the topology", topology);
    for (const name of Object.keys(datacenters)) requireName("the data center", name);
    for (const name of Object.values(standbys)) requireName("the DR secondary", name);
  },

  function thereIsADatacenter({ datacenters }) {
    if (Object.keys(datacenters).length > 0) return;
    throw new RuleError("topology/empty", "no data center is given: name at least the primary's");
  },

  function standbysBelongToDatacenters({ datacenters, standbys }) {
    for (const [datacenter, standby] of Object.entries(standbys)) {
      if (Object.hasOwn(datacenters, datacenter)) continue;
      throw new RuleError(
        "topology/standby-of-unknown",
        `DR secondary "${standby}" stands by for "${datacenter}", which is no data center: use one of ${list(Object.keys(datacenters))}`,
      );
    }
  },

  function standbyHasOnePrimary({ standbys }) {
    const owners = new Map<string, string>();
    for (const [datacenter, standby] of Object.entries(standbys)) {
      const owner = owners.get(standby);
      if (owner !== undefined) {
        throw new RuleError(
          "topology/standby-of-two",
          `"${standby}" stands by for both "${owner}" and "${datacenter}": give each a DR secondary of its own`,
        );
      }
      owners.set(standby, datacenter);
    }
  },

  function standbyIsNoDatacenter({ datacenters, standbys }) {
    for (const [datacenter, standby] of Object.entries(standbys)) {
      if (!Object.hasOwn(datacenters, standby)) continue;
      throw new RuleError(
        "topology/standby-serves",
        `"${standby}" is a data center and also the DR secondary of "${datacenter}": a DR secondary serves nobody, so use another cluster for one of the two`,
      );
    }
  },

  function topologyHasItsOwnName({ name, datacenters, standbys }) {
    if (![...Object.keys(datacenters), ...Object.values(standbys)].includes(name)) return;
    throw new RuleError(
      "topology/name-taken",
      `the topology and one of its clusters are both named "${name}", and "cluster" of other resources could mean either: rename one of the two`,
    );
  },

  function primaryExists({ primary, datacenters, standbys }) {
    const known = [...Object.keys(datacenters), ...Object.values(standbys)];
    if (known.includes(primary)) return;
    throw new RuleError(
      "topology/primary-unknown",
      `primary "${primary}" is neither a data center nor a DR secondary: use one of ${list(known)}`,
    );
  },

  function primaryIsNotFiltered({ primary, datacenters, standbys }) {
    const home = Object.keys(standbys).find((datacenter) => standbys[datacenter] === primary) ?? primary;
    if (!Object.hasOwn(datacenters, home) || datacenters[home]?.pathsFilter === undefined) return;
    throw new RuleError(
      "topology/primary-filtered",
      `"${home}" has a paths filter, but "${primary}" is the primary and holds everything: remove the filter or choose another primary`,
    );
  },

  function embeddedStorageHasOneNode({ datacenters }) {
    for (const [name, { nodes = 1 }] of Object.entries(datacenters)) {
      if (nodes === 1) continue;
      throw new RuleError(
        "topology/nodes",
        `"${name}" asks for ${nodes} nodes, but its embedded storage belongs to one process: use nodes: 1`,
      );
    }
  },
];

/** @throws RuleError for the first rule that does not hold */
export function checkTopology(shape: TopologyShape): void {
  for (const rule of RULES) rule(shape);
}
