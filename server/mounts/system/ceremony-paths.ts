import type { Outcome, ResponseData } from "../../sdk/outcome";
import { type AnyPath, type FieldDeclarations, pathsOf } from "../../sdk/path";
import type { ShareCeremony } from "../../sdk/share-ceremony";

export interface CeremonyRoutes<Context> {
  /** Where an attempt is begun, read and cancelled; the first one is the documented path. */
  readonly attempts: readonly string[];
  /** Where shares are given. */
  readonly update: string;
  /** What is made: `root token`. */
  readonly product: string;
  readonly onDrSecondary: boolean;
  ceremonyOf(context: Context): ShareCeremony;
}

const attemptFields = {
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
  nonce: {
    type: "string",
    description:
      "To cancel: nonce of the attempt. Needed where no token is asked for, for ten minutes after its begin.",
    default: "",
    bytesMax: 128,
  },
} as const satisfies FieldDeclarations;

const shareFields = {
  key: { type: "string", description: "One share, hex or base64.", required: true, sensitive: true, bytesMax: 4_096 },
  nonce: { type: "string", description: "Nonce of the attempt.", required: true, bytesMax: 128 },
} as const satisfies FieldDeclarations;

/** The ceremony's answers have no envelope. */
function bare(body: ResponseData): Outcome {
  return { kind: "bare", status: 200, body };
}

/** Begin, look, cancel, and give one share. */
export function ceremonyPaths<Context>(routes: CeremonyRoutes<Context>): readonly AnyPath<Context>[] {
  const { attempts, update, product, onDrSecondary, ceremonyOf } = routes;
  const declare = pathsOf<Context>();
  const attempt = (template: string): AnyPath<Context> =>
    declare({
      template,
      summary: `Share holders make a ${product}: begin, look, cancel.`,
      fields: attemptFields,
      operations: {
        read: {
          summary: "Read how far the attempt is",
          onDrSecondary,
          run: ({ context, request }) => bare(ceremonyOf(context).status(request.token === undefined)),
        },
        update: {
          summary: "Begin an attempt; only this answer has the one-time password that the server made",
          onDrSecondary,
          run: async ({ context, fields }) =>
            bare(await ceremonyOf(context).begin({ pgpKey: fields.pgp_key, otp: fields.otp })),
        },
        delete: {
          summary: "Cancel the attempt",
          onDrSecondary,
          run: ({ context, request, fields }) => {
            ceremonyOf(context).cancel(fields.nonce, request.token === undefined);
            return { kind: "empty" };
          },
        },
      },
    });
  return [
    ...attempts.map(attempt),
    declare({
      template: update,
      summary: `Give one share; the last one of a quorum makes the ${product}.`,
      fields: shareFields,
      operations: {
        update: {
          summary: "Give one share",
          onDrSecondary,
          run: async ({ context, fields }) => bare(await ceremonyOf(context).provide(fields.nonce, fields.key)),
        },
      },
    }),
  ];
}
