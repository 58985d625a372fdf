/** RFC 3339 in UTC with nine decimals, as the API writes times: `2026-11-22T01:51:59.587000000Z`. */
export function formatTimestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace("Z", "000000Z");
}
