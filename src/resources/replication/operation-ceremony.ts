import type { ApiAnswer, ClusterClient, RequestOptions } from "../../client/cluster-client";
import { ApiError, ConfigurationError } from "../../client/errors";
import { booleanAt, textAt } from "../../client/json";
import type { Caller, MeridianSession } from "../../client/session";
import { credentialEntries } from "../../operator/operator-document";
import { isTokenRefusal } from "./operation-token";

const ATTEMPT = "sys/replication/dr/secondary/generate-operation-token/attempt";
const UPDATE = "sys/replication/dr/secondary/generate-operation-token/update";
const OPEN = { token: null };

/**
 * Makes a DR operation token on the DR secondary itself, by the quorum of shares that the operator file has: the way that
 * is left when its primary is gone and made none in advance.
 *
 * @throws ConfigurationError when the operator file has no shares that the secondary takes.
 */
export async function operationTokenByShares(
  session: MeridianSession,
  secondary: ClusterClient,
  caller: Caller,
): Promise<string> {
  const document = await session.operator.read();
  const entries = credentialEntries(document, secondary.name).filter(({ keys }) => keys !== undefined);
  for (const { keys } of entries) {
    const token = await tokenBy(secondary, keys?.shares ?? []);
    if (token === undefined) continue;
    caller.log.warn("a quorum of shares made a DR operation token", { cluster: secondary.name });
    return token;
  }
  const has = entries.length === 0 ? "has no shares for it" : "has no shares that it takes";
  throw new ConfigurationError(
    `No DR operation token for "${secondary.name}"`,
    `Its primary cannot be asked for one, and the operator file ${session.operator.path} ${has}. Make one by hand ` +
      `(${ATTEMPT} at ${secondary.address}), and do with it what was to be done here.`,
  );
}

/** Undefined: the shares are not those of this cluster, and the attempt has ended. */
async function tokenBy(secondary: ClusterClient, shares: readonly string[]): Promise<string | undefined> {
  const { begun, options } = await begin(secondary);
  const nonce = textOf(begun.body, "nonce");
  const otp = textOf(begun.body, "otp");
  try {
    for (const key of shares) {
      const answer = await secondary.post(UPDATE, { nonce, key }, { ...options, secrets: [key] });
      if (booleanAt(answer.body, "complete") ?? false) return uncovered(textOf(answer.body, "encoded_token"), otp);
    }
  } catch (error) {
    if (error instanceof ApiError && error.status === 400) return undefined;
    throw error;
  }
  await secondary.delete(ATTEMPT, options);
  return undefined;
}

/** Without a token where the server allows that, else with the one that the provider was given. */
async function begin(secondary: ClusterClient): Promise<{ begun: ApiAnswer; options: RequestOptions }> {
  try {
    return { begun: await secondary.post(ATTEMPT, {}, OPEN), options: OPEN };
  } catch (error) {
    if (!isTokenRefusal(error)) throw error;
    return { begun: await secondary.post(ATTEMPT, {}), options: {} };
  }
}

/** The token is hidden by exclusive or with the one-time password, both of one length. */
function uncovered(encoded: string, otp: string): string {
  const hidden = Buffer.from(encoded, "base64");
  const password = Buffer.from(otp);
  return Buffer.from(hidden.map((byte, at) => byte ^ (password[at] ?? 0))).toString("latin1");
}

function textOf(body: unknown, name: string): string {
  return textAt(body, name) ?? "";
}
