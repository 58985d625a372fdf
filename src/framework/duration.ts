const DURATION = /^(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?$/;

/** Seconds of a duration such as `90s`, `30m` or `1h30m`; undefined if it is none. */
export function parseDurationSeconds(text: string): number | undefined {
  const match = DURATION.exec(text);
  if (!match || text === "") return undefined;
  const [hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0));
  const total = (hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0);
  return total > 0 ? total : undefined;
}

/** A validator for attributes that hold a duration. */
export function duration(text: string): string | undefined {
  return parseDurationSeconds(text) === undefined ? "must be a duration such as `90s`, `30m` or `1h30m`" : undefined;
}
