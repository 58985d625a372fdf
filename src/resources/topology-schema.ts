import { defineSchema, timeoutsAttribute } from "../framework/schema";
import { countBetween } from "../framework/validator";
import {
  clusterName,
  deletionProtectionAttribute,
  idAttribute,
  pathsFilterAttribute,
  replacedName,
} from "./attributes";

export const topologySchema = defineSchema({
  description:
    "All replication roles of one set: one primary, any number of performance secondaries, a DR secondary for any of them. " +
    "The configuration says who is primary; changing that one line is a planned failover, whose steps the plan lists. Each " +
    "step is safe to repeat, so an interrupted apply goes on where it stopped. A cluster that becomes a secondary for the " +
    "first time loses its own data.",
  attributes: {
    name: {
      ...replacedName,
      description: "Name of the topology. As `cluster` of other resources it stands for the primary of the moment.",
      validators: [clusterName],
    },
    primary: {
      type: "string",
      required: true,
      description:
        "The cluster that accepts writes: a key of `clusters` (every other one follows it as a performance secondary), or " +
        "the DR secondary of one, which then takes that cluster's place while the old one becomes its DR secondary.",
    },
    clusters: {
      nested: "map",
      required: true,
      description:
        "Clusters that serve clients, by name (each a `meridian_cluster` or a key of the provider's `clusters`).",
      validators: [countBetween(1, 100)],
      attributes: { paths_filter: pathsFilterAttribute },
    },
    disaster_recovery: {
      type: { map: "string" },
      optional: true,
      description:
        "DR pairs: from a key of `clusters` to the name of the cluster that stands by for it. Written once and not " +
        "changed by a failover: whichever of the two is not in use is the DR secondary.",
    },
    allow_data_loss: {
      type: { set: "string" },
      optional: true,
      description:
        "Names of primaries that may be given up: while they cannot be reached, or to make one that was promoted by hand, or " +
        "that came back after it had been replaced, follow the primary again. Writes that only they have are lost; without " +
        "this the plan fails.",
    },
    deletion_protection: deletionProtectionAttribute,
    id: idAttribute,
    steps: {
      type: { list: "string" },
      computed: true,
      nonNull: true,
      description: "What the planned apply does, in order; after it, what the last one did.",
    },
    roles: {
      nested: "map",
      computed: true,
      nonNull: true,
      description: "Role of each cluster. A difference from what the servers say is drift.",
      attributes: {
        performance: {
          type: "string",
          computed: true,
          nonNull: true,
          description: "`primary`, `secondary` or `disabled`.",
        },
        dr: { type: "string", computed: true, nonNull: true, description: "`primary`, `secondary` or `disabled`." },
        follows: {
          type: "string",
          computed: true,
          nonNull: true,
          description: "The cluster it copies from; empty if none.",
        },
      },
    },
    unreachable: {
      type: { set: "string" },
      computed: true,
      nonNull: true,
      description: "Clusters that did not answer when the state was last read.",
    },
    timeouts: timeoutsAttribute,
  },
});
