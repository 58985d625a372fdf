import type { Outcome, ResponseData } from "../../sdk/outcome";
import type { AnyPath } from "../../sdk/path";
import { changed, declare, drOperationTokenField, type ReplicationContext } from "./path-replication-fields";

const PREFIX = "replication/dr/secondary/";

const STAYS_VALID =
  "This token was not made by share holders on this cluster, and is still valid: a batch token ends with its TTL, a service token is revoked on the primary.";

/** The ceremony's answers have no envelope. */
function bare(body: ResponseData): Outcome {
  return { kind: "bare", status: 200, body };
}

const attempt = declare({
  template: `${PREFIX}generate-operation-token/attempt`,
  summary: "Share holders make a DR operation token: begin, look, cancel.",
  fields: {
    pgp_key: {
      type: "string",
      description: "Base64 of a binary OpenPGP public key: the token is encrypted to it instead of hidden with an OTP.",
      default: "",
      bytesMax: 64 * 1024,
    },
    otp: {
      type: "string",
      description: "One-time password of otp_length characters; the server makes one where it is left out.",
      default: "",
      sensitive: true,
      bytesMax: 128,
    },
  },
  operations: {
    read: {
      summary: "Read how far the attempt is",
      onDrSecondary: true,
      run: async ({ context: { replication } }) => bare(replication.drOperationTokens.status()),
    },
    update: {
      summary: "Begin an attempt; only this answer has the one-time password that the server made",
      onDrSecondary: true,
      run: async ({ context: { replication }, fields }) =>
        bare(await replication.drOperationTokens.begin({ pgpKey: fields.pgp_key, otp: fields.otp })),
    },
    delete: {
      summary: "Cancel the attempt",
      onDrSecondary: true,
      run: async ({ context: { replication } }) => {
        replication.drOperationTokens.cancel();
        return { kind: "empty" };
      },
    },
  },
});

const update = declare({
  template: `${PREFIX}generate-operation-token/update`,
  summary: "Give one share; the last one of a quorum makes the token.",
  fields: {
    key: { type: "string", description: "One share, hex or base64.", required: true, sensitive: true, bytesMax: 4_096 },
    nonce: { type: "string", description: "Nonce of the attempt.", required: true, bytesMax: 128 },
  },
  operations: {
    update: {
      summary: "Give one share",
      onDrSecondary: true,
      run: async ({ context: { replication }, fields }) =>
        bare(await replication.drOperationTokens.provide(fields.nonce, fields.key)),
    },
  },
});

const remove = declare({
  template: `${PREFIX}operation-token/delete`,
  summary: "Revoke a DR operation token that share holders made.",
  fields: drOperationTokenField,
  operations: {
    update: {
      unauthenticated: true,
      onDrSecondary: true,
      summary: "Revoke the token",
      run: async ({ context: { replication }, fields, request }) => {
        await replication.requireDrOperationToken(fields.dr_operation_token, request.path);
        const revoked = await replication.drOperationTokens.revoke(fields.dr_operation_token);
        return revoked ? { kind: "empty" } : changed([STAYS_VALID]);
      },
    },
  },
});

/** How a DR operation token is made and revoked on the DR secondary itself. The ceremony needs a token with access, too. */
export const operationTokenPaths: readonly AnyPath<ReplicationContext>[] = [attempt, update, remove];
