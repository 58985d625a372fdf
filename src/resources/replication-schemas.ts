import { requiresReplace, useStateForUnknown } from "../framework/plan-modifier";
import { defineSchema, timeoutsAttribute } from "../framework/schema";
import { matches } from "../framework/validator";
import {
  clusterAttribute,
  deletionProtectionAttribute,
  idAttribute,
  pathsFilterAttribute,
  serverAddress,
} from "./attributes";

const secondaryId = matches(
  /^\w([\w.-]*\w)?$/,
  "letters, digits, `_`, `.` and `-`, with a letter, digit or `_` at both ends",
);

/** Modes are computed so that a role changed by hand is a difference: the resource always plans its own role. */
function modeAttribute<const D extends string>(description: D) {
  return { type: "string", computed: true, nonNull: true, description } as const;
}

const setIdAttribute = { type: "string", computed: true, description: "Identifier of the replication set." } as const;

const clusterReplaced = { ...clusterAttribute, planModifiers: [requiresReplace] } as const;

export const primarySchema = defineSchema({
  description: "Makes a cluster the primary of a performance set, a DR set or both, so that secondaries can follow it.",
  attributes: {
    cluster: clusterReplaced,
    performance: { type: "bool", optional: true, default: true, description: "Primary for performance secondaries." },
    disaster_recovery: { type: "bool", optional: true, default: true, description: "Primary for DR secondaries." },
    cluster_address: {
      type: "string",
      optional: true,
      description:
        "`https://host:port` that secondaries dial. Absent: that of the `meridian_cluster`, else what the server announces.",
      validators: [serverAddress],
      planModifiers: [requiresReplace],
    },
    deletion_protection: deletionProtectionAttribute,
    id: idAttribute,
    performance_mode: modeAttribute(
      "The cluster's role for performance: `primary`; without `performance` `disabled`, or `secondary` of another cluster.",
    ),
    dr_mode: modeAttribute(
      "The cluster's role for disaster recovery: `primary`; without `disaster_recovery` `disabled`, or `secondary`.",
    ),
    performance_set_id: setIdAttribute,
    dr_set_id: setIdAttribute,
    timeouts: timeoutsAttribute,
  },
});

const following = {
  cluster: {
    ...clusterReplaced,
    description:
      "The cluster that becomes a secondary. ALL ITS DATA IS REPLACED by that of the primary when it is first enabled.",
  },
  primary: {
    type: "string",
    required: true,
    description: "The cluster it follows. A change re-points it within the same set, without a wipe.",
  },
  secondary_id: {
    type: "string",
    optional: true,
    computed: true,
    description: "Name under which the primary knows it. Absent: the cluster's name.",
    validators: [secondaryId],
    planModifiers: [useStateForUnknown, requiresReplace],
  },
  deletion_protection: deletionProtectionAttribute,
  id: idAttribute,
  mode: modeAttribute("The cluster's role in this mode: `secondary` unless somebody changed it by hand."),
  connected: {
    type: "bool",
    computed: true,
    nonNull: true,
    description: "Whether the primary knows it and it follows the primary. Always planned to be true.",
  },
  set_id: setIdAttribute,
  timeouts: timeoutsAttribute,
} as const;

export const performanceSecondarySchema = defineSchema({
  description:
    "Makes a cluster follow a primary and serve clients from its own copy. The activation token passes from one server to " +
    "the other inside the provider. Done when the cluster has everything and streams (`stream-wals`).",
  attributes: { ...following, paths_filter: pathsFilterAttribute },
});

export const drSecondarySchema = defineSchema({
  description:
    "Makes a cluster the standby of a primary: it holds everything, tokens and leases too, and serves nothing until it is " +
    "promoted. For a failover that Terraform performs use `meridian_topology`.",
  attributes: following,
});
