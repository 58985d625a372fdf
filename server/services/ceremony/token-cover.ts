import { ServerError } from "../../sdk/errors";
import type { CoverRequest } from "../../sdk/share-ceremony";

/** OpenPGP, as the composition root has it. @throws invalid_request for a key that cannot be used */
export interface PgpKeys {
  /** Lower-case hex. @param publicKey base64 of the binary key */
  fingerprintOf(publicKey: string): Promise<string>;
  encrypt(publicKey: string, text: Buffer): Promise<Buffer>;
}

/** What hides a token that share holders make from everybody but the one who began the attempt. */
export interface TokenCover {
  /** The one-time password, where this server made it: shown once. "" otherwise. */
  readonly shownOtp: string;
  /** Of the OpenPGP key; "" where there is none. */
  readonly fingerprint: string;
  /** `encoded_token`. */
  hide(token: Buffer): Promise<string>;
}

/** @throws invalid_request for an unusable key, a password of another length, or both at once */
export async function coverOf(
  { pgpKey, otp }: CoverRequest,
  tokenCharacters: number,
  newOtp: () => string,
  pgp: PgpKeys | undefined,
): Promise<TokenCover> {
  if (pgpKey !== "" && otp !== "") throw new ServerError("invalid_request", "otp and pgp_key exclude each other");
  if (pgpKey !== "") return await pgpCover(pgpKey, pgp);
  if (otp === "") {
    const made = newOtp();
    return { ...otpCover(made), shownOtp: made };
  }
  if (/^[\x21-\x7e]+$/.test(otp) && otp.length === tokenCharacters) return otpCover(otp);
  throw new ServerError("invalid_request", `otp must have ${tokenCharacters} printable ASCII characters (otp_length)`);
}

async function pgpCover(pgpKey: string, pgp: PgpKeys | undefined): Promise<TokenCover> {
  if (pgp === undefined) throw new ServerError("invalid_request", "pgp_key is not supported; use the otp");
  return {
    shownOtp: "",
    fingerprint: await pgp.fingerprintOf(pgpKey),
    hide: async (token) => (await pgp.encrypt(pgpKey, token)).toString("base64"),
  };
}

/** Base64 without padding of token XOR password. */
function otpCover(otp: string): TokenCover {
  const pad = Buffer.from(otp);
  return {
    shownOtp: "",
    fingerprint: "",
    hide: (token) => {
      const hidden = Buffer.from(token.map((byte, at) => byte ^ (pad[at] ?? 0)));
      return Promise.resolve(hidden.toString("base64").replace(/=+$/, ""));
    },
  };
}
