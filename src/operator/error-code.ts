/** The code of a system error, such as `ENOENT`. Asks for no class: errors of another realm are none of this one's. */
export function errorCode(error: unknown): string | undefined {
  const hasCode = typeof error === "object" && error !== null && "code" in error;
  return hasCode && typeof error.code === "string" ? error.code : undefined;
}
