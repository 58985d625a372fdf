const HIDDEN = "[redacted]";

/** Tokens of every kind the server issues, wrapped ones (signed JWTs) too, and long base64, which is how shares look. */
const SECRET_PATTERNS: readonly RegExp[] = [
  /\bhv[sbr]\.[A-Za-z0-9_-]{16,}/g,
  /\b[sbr]\.[A-Za-z0-9]{20,}/g,
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g,
  /(?<![\w/])[A-Za-z0-9][A-Za-z0-9+/]{41,}={0,2}(?![\w/])/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/g,
];

/** The shortest text that is hidden wherever it stands; shorter ones would blank out ordinary words. */
const SECRET_LENGTH_MIN = 4;

/** The text without the given secrets and without anything that looks like a token or key. */
export function redact(text: string, secrets: readonly string[] = []): string {
  const longestFirst = secrets
    .filter((secret) => secret.length >= SECRET_LENGTH_MIN)
    .sort((a, b) => b.length - a.length);
  const without = longestFirst.reduce((rest, secret) => rest.split(secret).join(HIDDEN), text);
  return SECRET_PATTERNS.reduce((rest, pattern) => rest.replace(pattern, HIDDEN), without);
}
