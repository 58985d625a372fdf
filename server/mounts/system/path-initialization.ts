import { ServerError } from "../../sdk/errors";
import type { Call, FieldValues } from "../../sdk/path";
import type { SystemContext } from "./context";
import { declare } from "./context";

const SHARES_MAX = 255;
const RECIPIENT_BYTES = 32;

const initializationFields = {
  secret_shares: { type: "integer", description: "Shares to split the root key into." },
  secret_threshold: { type: "integer", description: "Shares needed to unseal." },
  stored_shares: { type: "integer", description: "Accepted and ignored.", deprecated: true },
  recovery_shares: { type: "integer", description: "Recovery shares, for seals that unseal by themselves." },
  recovery_threshold: { type: "integer", description: "Recovery shares needed." },
  pgp_keys: { type: "string_list", description: "Base64 OpenPGP public keys, one for each share.", default: [] },
  recovery_pgp_keys: { type: "string_list", description: "The same for recovery shares.", default: [] },
  root_token_pgp_key: { type: "string", description: "Base64 OpenPGP public key to encrypt the root token with." },
  recipient: {
    type: "string",
    description:
      "Base64 X25519 public key. The whole answer is encrypted to it, and answered again to the same key until init/confirm.",
  },
} as const;

type InitializationCall = Call<SystemContext, FieldValues<typeof initializationFields>>;

export const initializationPaths = [
  declare({
    template: "init",
    summary: "Initialise the server, or ask whether it is initialised.",
    fields: initializationFields,
    operations: {
      read: {
        summary: "Whether the server is initialised",
        unauthenticated: true,
        whileSealed: true,
        onDrSecondary: true,
        unaudited: true,
        run: ({ context }) => ({
          kind: "bare",
          status: 200,
          body: { initialized: context.ports.seal.isInitialized() },
        }),
      },
      update: {
        summary: "Initialise the server",
        unauthenticated: true,
        whileSealed: true,
        onDrSecondary: true,
        unaudited: true,
        run: async (call) => ({ kind: "bare", status: 200, body: await initialize(call) }),
      },
    },
  }),
  declare({
    template: "init/confirm",
    summary: "Forget the answer of init that was kept for its recipient.",
    fields: {
      proof: {
        type: "string",
        description: "Base64 SHA-256 of the root token in the answer: shows that the answer was read.",
        required: true,
      },
    },
    operations: {
      update: {
        summary: "Confirm that the answer of init was saved",
        unauthenticated: true,
        whileSealed: true,
        onDrSecondary: true,
        unaudited: true,
        run: async ({ context, fields }) => {
          await context.ports.seal.confirmInitialization(Buffer.from(fields.proof, "base64"));
          return { kind: "empty" };
        },
      },
    },
  }),
];

function initialize({ context, fields }: InitializationCall): ReturnType<SystemContext["ports"]["seal"]["initialize"]> {
  return context.ports.seal.initialize({
    secretShares: count("secret_shares", fields.secret_shares),
    secretThreshold: count("secret_threshold", fields.secret_threshold),
    recoveryShares: count("recovery_shares", fields.recovery_shares),
    recoveryThreshold: count("recovery_threshold", fields.recovery_threshold),
    pgpKeys: fields.pgp_keys,
    recoveryPgpKeys: fields.recovery_pgp_keys,
    rootTokenPgpKey: fields.root_token_pgp_key === "" ? undefined : fields.root_token_pgp_key,
    recipient: recipientKey(fields.recipient),
  });
}

function count(name: string, value: number | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (value >= 0 && value <= SHARES_MAX) return value;
  throw new ServerError("invalid_request", `${name} must be between 0 and ${SHARES_MAX}`);
}

function recipientKey(text: string | undefined): Buffer | undefined {
  if (text === undefined || text === "") return undefined;
  const key = Buffer.from(text, "base64");
  if (key.length === RECIPIENT_BYTES) return key;
  throw new ServerError("invalid_request", `recipient is no X25519 public key: ${RECIPIENT_BYTES} bytes in base64`);
}
