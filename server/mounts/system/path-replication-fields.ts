import type { Outcome, ResponseData } from "../../sdk/outcome";
import type { FieldDeclarations } from "../../sdk/path";
import { pathsOf } from "../../sdk/path";
import type { PrimaryApi, ReplicationAdmin } from "../../sdk/replication-admin";

/** What the replication paths need of the system mount's context. */
export interface ReplicationContext {
  readonly replication: ReplicationAdmin;
}

export const declare = pathsOf<ReplicationContext>();

export const primaryClusterAddressField = {
  primary_cluster_addr: {
    type: "string",
    description: "Cluster address that secondaries are given; the node's own cluster address where it is left out.",
    default: "",
    bytesMax: 1_024,
  },
} as const satisfies FieldDeclarations;

export const secondaryIdField = {
  id: {
    type: "string",
    description: "Name of the secondary, unique in its set.",
    required: true,
    bytesMax: 128,
  },
} as const satisfies FieldDeclarations;

export const primaryApiFields = {
  primary_api_addr: {
    type: "string",
    description: "API address of the primary; the one inside the token where it is left out.",
    default: "",
    bytesMax: 1_024,
  },
  ca_file: { type: "string", description: "File on the server with the certificates to trust, PEM.", default: "" },
  ca_path: { type: "string", description: "Folder on the server with files of certificates to trust.", default: "" },
  ca_cert: {
    type: "string",
    description: "The certificates to trust themselves, PEM.",
    default: "",
    bytesMax: 256 * 1024,
  },
} as const satisfies FieldDeclarations;

export const forceField = {
  force: {
    type: "boolean",
    description: "Promote although the secondary may not hold everything: what is missing is lost.",
    default: false,
  },
  accept_partial_repair: {
    type: "boolean",
    description:
      "With force: promote although what is held may be what no primary ever held: a repair (merkle-diff, merkle-sync) was interrupted half way, or a new primary has not confirmed yet that both hold the same.",
    default: false,
  },
} as const satisfies FieldDeclarations;

export const drOperationTokenField = {
  dr_operation_token: {
    type: "secret",
    description: "DR operation token: a token of the primary with update on this path.",
    required: true,
    sensitive: true,
    bytesMax: 8 * 1024,
  },
} as const satisfies FieldDeclarations;

/** Our index is made anew as a whole and in commits, so none of these changes what happens; scripts send them. */
export const reindexFields = {
  diff: { type: "boolean", description: "Accepted; every key is always looked at.", default: false },
  force: { type: "boolean", description: "Accepted; only what is stored is ever looked at.", default: false },
  skip_flush: { type: "boolean", description: "Accepted; there is no flush.", default: false },
} as const satisfies FieldDeclarations;

/** The answer of both merkle-check paths. */
export function merkleReport(report: ResponseData): Outcome {
  return { kind: "data", data: { merkle_corruption_report: report } };
}

export function primaryApiOf(fields: {
  readonly primary_api_addr: string;
  readonly ca_file: string;
  readonly ca_path: string;
  readonly ca_cert: string;
}): PrimaryApi {
  return {
    address: fields.primary_api_addr,
    caFile: fields.ca_file,
    caPath: fields.ca_path,
    caCertificate: fields.ca_cert,
  };
}

/** What recover did, which may be nothing. */
export function recovered(warnings: readonly string[]): readonly string[] {
  return warnings.length > 0 ? warnings : ["This cluster follows no primary: there is nothing to recover."];
}

/** Role changes answer 200 with warnings, never 204: clients wait for them. */
export function changed(warnings: readonly string[]): Outcome {
  return { kind: "data", data: null, warnings };
}
