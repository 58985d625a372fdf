import { ServerError } from "../../sdk/errors";
import type { ResponseData } from "../../sdk/outcome";
import type { SealStatus } from "../../sdk/seal";
import { declare } from "./context";

const openInEveryState = { unauthenticated: true, whileSealed: true, onDrSecondary: true, unaudited: true } as const;

export const sealPaths = [
  declare({
    template: "seal-status",
    summary: "State of the seal.",
    fields: {},
    operations: {
      read: {
        summary: "Read the state of the seal",
        ...openInEveryState,
        run: ({ context }) => ({ kind: "bare", status: 200, body: sealStatusBody(context.ports.seal.status()) }),
      },
    },
  }),
  declare({
    template: "unseal",
    summary: "Give one share of the unseal key.",
    fields: {
      key: { type: "string", description: "One share, hex or base64.", sensitive: true, bytesMax: 4096 },
      reset: { type: "boolean", description: "Forget the shares given so far.", default: false },
      migrate: { type: "boolean", description: "Not supported: must be false.", default: false },
    },
    operations: {
      update: {
        summary: "Unseal the server",
        ...openInEveryState,
        run: async ({ context, fields }) => {
          if (fields.migrate) throw new ServerError("invalid_request", "seal migration is not supported");
          if (!fields.reset && (fields.key ?? "") === "") {
            throw new ServerError(
              "invalid_request",
              "'key' must be specified in request body as JSON, or 'reset' set to true",
            );
          }
          const status = await context.ports.seal.unseal(fields.reset ? undefined : fields.key, fields.reset);
          return { kind: "bare", status: 200, body: sealStatusBody(status) };
        },
      },
    },
  }),
  declare({
    template: "seal",
    summary: "Seal the server.",
    fields: {},
    operations: {
      update: {
        summary: "Seal the server",
        sudo: true,
        onDrSecondary: true,
        endsTrail: true,
        run: async ({ context }) => {
          await context.ports.seal.seal();
          return { kind: "empty" };
        },
      },
    },
  }),
];

/** Field for field as clients know it; names of the cluster only once unsealed. */
export function sealStatusBody(status: SealStatus): ResponseData {
  return {
    type: status.type,
    initialized: status.initialized,
    sealed: status.sealed,
    t: status.t,
    n: status.n,
    progress: status.progress,
    nonce: status.nonce,
    version: status.version,
    build_date: status.buildDate,
    migration: status.migration,
    cluster_name: status.clusterName,
    cluster_id: status.clusterId,
    recovery_seal: status.recoverySeal,
    recovery_seal_type: status.recoverySeal ? "shamir" : undefined,
    storage_type: status.storageType,
  };
}
