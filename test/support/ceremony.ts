import type { Api } from "./api";

/** The token inside `encoded_token`, which is hidden by a one-time password: base64 of token XOR password. */
export function uncovered(encoded: unknown, otp: unknown): string {
  const pad = Buffer.from(String(otp));
  return Buffer.from(Buffer.from(String(encoded), "base64").map((byte, at) => byte ^ (pad[at] ?? 0))).toString();
}

/** Begins an attempt and gives the shares. @param path of the ceremony. @returns the token, and the one-time password that hid it */
export async function heldCeremony(
  api: Api,
  path: string,
  shares: readonly string[],
): Promise<{ readonly token: string; readonly otp: string }> {
  const begun = (await api.must("POST", `${path}/attempt`, {})) as Record<string, unknown>;
  let done: Record<string, unknown> = {};
  for (const key of shares) done = await api.must("POST", `${path}/update`, { key, nonce: begun.nonce });
  return { token: uncovered(done.encoded_token, begun.otp), otp: String(begun.otp) };
}
