import { UsageError } from "./command";

/**
 * The token that share holders made, hidden by a one-time password.
 * @param encoded base64, padded or not, of token XOR password
 * @throws UsageError where the two do not belong together
 */
export function uncovered(encoded: string, password: string): string {
  const hidden = Buffer.from(encoded, "base64");
  const pad = Buffer.from(password, "utf8");
  if (hidden.length === 0) throw new UsageError("the encoded token is no base64");
  if (hidden.length !== pad.length) {
    const lengths = `it hides ${hidden.length} characters, the password has ${pad.length}`;
    throw new UsageError(`the encoded token does not belong to this one-time password: ${lengths}`);
  }
  const token = Buffer.from(hidden.map((byte, at) => byte ^ (pad[at] ?? 0))).toString("latin1");
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new UsageError("the encoded token does not belong to this one-time password");
}
