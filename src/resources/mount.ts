import type { ClusterClient } from "../client/cluster-client";
import { ApiError } from "../client/errors";
import { booleanAt, entriesAt, integerAt, textAt } from "../client/json";
import { type Diagnostic, errorDiagnostic, warningDiagnostic } from "../framework/diagnostics";
import { requiresReplace, useStateForUnknown } from "../framework/plan-modifier";
import { integerBetween, oneOf } from "../framework/validator";
import type { Unknown } from "../protocol/unknown";
import { accessorAttribute, clusterAttribute, deletionProtectionAttribute, idAttribute, mountPath } from "./attributes";
import { given, objectOf } from "./mapping";

/** Secrets engines and auth methods are mounted, tuned and listed in the same way under two names. */
export type MountKind = "secrets engine" | "auth method";

const ROUTES: Readonly<Record<MountKind, string>> = { "secrets engine": "sys/mounts", "auth method": "sys/auth" };

const seconds = integerBetween(0, 3_153_600_000);

/** The attributes that both kinds have. */
export const mountAttributes = {
  cluster: { ...clusterAttribute, planModifiers: [requiresReplace] },
  path: {
    type: "string",
    required: true,
    description: "Where it is mounted, without a slash at the end. A change replaces it, with all its data.",
    validators: [mountPath],
    planModifiers: [requiresReplace],
  },
  type: {
    type: "string",
    required: true,
    description: "Kind, such as `kv`, `transit`, `userpass` or `approle`.",
    planModifiers: [requiresReplace],
  },
  description: { type: "string", optional: true, description: "For people." },
  local: {
    type: "bool",
    optional: true,
    default: false,
    description: "Kept to this cluster: never sent to performance secondaries.",
    planModifiers: [requiresReplace],
  },
  options: {
    type: { map: "string" },
    optional: true,
    computed: true,
    description: 'Options of the type, such as `version = "2"` for `kv`.',
    planModifiers: [useStateForUnknown],
  },
  default_lease_ttl_seconds: {
    type: "integer",
    optional: true,
    computed: true,
    description: "Lifetime of leases and tokens that ask for none, in seconds; 0 is the server's default.",
    validators: [seconds],
    planModifiers: [useStateForUnknown],
  },
  max_lease_ttl_seconds: {
    type: "integer",
    optional: true,
    computed: true,
    description: "Longest lifetime of leases and tokens, in seconds; 0 is the server's default.",
    validators: [seconds],
    planModifiers: [useStateForUnknown],
  },
  listing_visibility: {
    type: "string",
    optional: true,
    computed: true,
    description: "`unauth` shows it to people who have not logged in, `hidden` does not.",
    validators: [oneOf("", "hidden", "unauth")],
    planModifiers: [useStateForUnknown],
  },
  deletion_protection: deletionProtectionAttribute,
  id: idAttribute,
  accessor: accessorAttribute,
} as const;

/** What the server says of one mount. */
export interface MountFacts {
  readonly type: string;
  readonly description: string;
  readonly local: boolean;
  readonly options: ReadonlyMap<string, string>;
  readonly accessor: string;
  readonly defaultLeaseTtlSeconds: number;
  readonly maxLeaseTtlSeconds: number;
  readonly listingVisibility: string;
}

/** What the configuration asks for. Unknown: the server decides. */
export interface MountWish {
  readonly path: string;
  readonly type: string;
  readonly description: string | null;
  readonly local: boolean;
  readonly options: ReadonlyMap<string, string> | Unknown | null;
  readonly default_lease_ttl_seconds: number | Unknown | null;
  readonly max_lease_ttl_seconds: number | Unknown | null;
  readonly listing_visibility: string | Unknown | null;
}

export async function findMount(
  cluster: ClusterClient,
  kind: MountKind,
  path: string,
): Promise<MountFacts | undefined> {
  const answer = await cluster.get(ROUTES[kind]);
  const mounts = entriesAt(answer?.body, "data");
  const entry = mounts.get(`${path}/`) ?? entriesAt(answer?.body).get(`${path}/`);
  return entry === undefined ? undefined : mountFacts(entry);
}

function mountFacts(entry: unknown): MountFacts {
  const options = [...entriesAt(entry, "options")].filter(
    (pair): pair is [string, string] => typeof pair[1] === "string",
  );
  return {
    type: textAt(entry, "type") ?? "",
    description: textAt(entry, "description") ?? "",
    local: booleanAt(entry, "local") ?? false,
    options: new Map(options),
    accessor: textAt(entry, "accessor") ?? "",
    defaultLeaseTtlSeconds: integerAt(entry, "config", "default_lease_ttl") ?? 0,
    maxLeaseTtlSeconds: integerAt(entry, "config", "max_lease_ttl") ?? 0,
    listingVisibility: textAt(entry, "config", "listing_visibility") ?? "",
  };
}

function configOf(wish: MountWish): object {
  return given({
    default_lease_ttl: wish.default_lease_ttl_seconds,
    max_lease_ttl: wish.max_lease_ttl_seconds,
    listing_visibility: wish.listing_visibility,
  });
}

/**
 * Mounts it. A mount of the same type that stands there already is taken over, so that an interrupted apply can be
 * repeated; one of another type is an error.
 */
export async function enableMount(
  cluster: ClusterClient,
  kind: MountKind,
  wish: MountWish,
): Promise<readonly Diagnostic[]> {
  const { path, type, local } = wish;
  const options = wish.options instanceof Map ? { options: objectOf(wish.options) } : {};
  const body = { type, local, description: wish.description ?? "", config: configOf(wish), ...options };
  try {
    await cluster.post(`${ROUTES[kind]}/${path}`, body);
    return [];
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 400) throw error;
    const standing = await findMount(cluster, kind, path);
    if (standing === undefined) throw error;
    return takeOver(cluster, kind, wish, standing);
  }
}

async function takeOver(
  cluster: ClusterClient,
  kind: MountKind,
  wish: MountWish,
  standing: MountFacts,
): Promise<readonly Diagnostic[]> {
  const where = `At "${wish.path}/" of cluster "${cluster.name}"`;
  if (standing.type !== wish.type || standing.local !== wish.local) {
    const detail =
      `${where} stands a ${kind} of type "${standing.type}"${standing.local ? " (local)" : ""}, not "${wish.type}". ` +
      "Choose another path, or disable what is there.";
    return [errorDiagnostic(`The path is taken by another ${kind}`, detail)];
  }
  await tuneMount(cluster, kind, wish);
  return [
    warningDiagnostic(
      `The ${kind} existed already`,
      `${where} stood a ${kind} of the same type; it is managed from now on.`,
    ),
  ];
}

export async function tuneMount(cluster: ClusterClient, kind: MountKind, wish: MountWish): Promise<void> {
  const options = wish.options instanceof Map ? { options: objectOf(wish.options) } : {};
  const body = { description: wish.description ?? "", ...configOf(wish), ...options };
  await cluster.post(`${ROUTES[kind]}/${wish.path}/tune`, body);
}

export async function disableMount(cluster: ClusterClient, kind: MountKind, path: string): Promise<void> {
  await cluster.delete(`${ROUTES[kind]}/${path}`);
}
