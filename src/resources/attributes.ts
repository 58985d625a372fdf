import { requiresReplace, useStateForUnknown } from "../framework/plan-modifier";
import type { NestedAttribute, ValueAttribute } from "../framework/schema";
import { matches, oneOf } from "../framework/validator";

/** Keys of clusters and names of topologies and nodes: they become file names, identifiers on the server and TLS names. */
export const clusterName = matches(
  /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
  "1 to 63 lower-case letters, digits and dashes, with no dash at either end",
);

/** A server's address, with nothing in it that would be a credential or a path. */
export const serverAddress = matches(
  /^https?:\/\/[^/\s@?#]+\/?$/,
  "an address such as `https://10.1.0.10:8200`, without a name, a password or a path",
);

/** A mount's path as the server keeps it, without the slash at its end. */
export const mountPath = matches(
  /^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/,
  "a path such as `secret` or `team/secret`: letters, digits, `_`, `.`, `-` and single slashes, none at either end",
);

export const objectName = matches(
  /^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,254}[A-Za-z0-9_])?$/,
  "1 to 256 letters, digits, `_`, `.` and `-`, beginning and ending with a letter, digit or `_`",
);

/** On everything that is kept inside a cluster. */
export const clusterAttribute = {
  type: "string",
  optional: true,
  description:
    "Which cluster: a key of the provider's `clusters`, the name of a `meridian_cluster`, or the name of a " +
    "`meridian_topology`, which stands for whichever cluster is its primary at the moment. May be left out when the " +
    "provider knows exactly one cluster.",
} as const satisfies ValueAttribute;

export const deletionProtectionAttribute = {
  type: "bool",
  optional: true,
  default: true,
  description:
    "While true, this resource can be neither destroyed nor replaced. Set it to false and apply before destroying: data is lost then.",
} as const satisfies ValueAttribute;

export const idAttribute = {
  type: "string",
  computed: true,
  nonNull: true,
  description: "Identifier, in the form that `terraform import` takes.",
  planModifiers: [useStateForUnknown],
} as const satisfies ValueAttribute;

export const accessorAttribute = {
  type: "string",
  computed: true,
  nonNull: true,
  description: "The server's own identifier of this mount.",
  planModifiers: [useStateForUnknown],
} as const satisfies ValueAttribute;

/** A filter that decides which mounts are sent to one performance secondary. */
export const pathsFilterAttribute = {
  nested: "single",
  optional: true,
  description:
    "Which mounts and namespaces are sent to this secondary. Set before the secondary is activated, so that what is " +
    "filtered is never sent; can be changed at any time. Absent: everything is sent.",
  attributes: {
    mode: {
      type: "string",
      required: true,
      description: "`allow` sends only the listed paths, `deny` sends everything else.",
      validators: [oneOf("allow", "deny")],
    },
    paths: {
      type: { set: "string" },
      required: true,
      description: "Mount paths such as `payments-eu/` or `auth/userpass/`, with a slash at the end.",
    },
  },
} as const satisfies NestedAttribute;

export const tokenPoliciesAttribute = {
  type: { set: "string" },
  optional: true,
  description: "Policies of the tokens issued by a login.",
} as const satisfies ValueAttribute;

export function secondsAttribute<const D extends string>(description: D) {
  return { type: "integer", optional: true, computed: true, description, planModifiers: [useStateForUnknown] } as const;
}

export const replacedName = { type: "string", required: true, planModifiers: [requiresReplace] } as const;
