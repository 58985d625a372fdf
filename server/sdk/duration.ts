const UNIT_SECONDS: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
};
const PART = /(\d{1,15}(?:\.\d{1,9})?)(ns|us|ms|s|m|h|d)/y;

/** Longest duration accepted: 100 years. */
export const DURATION_SECONDS_MAX = 3_153_600_000;

/**
 * Reads a duration as the API writes it: a number or digits alone are seconds; otherwise Go's form (`1h30m`, `90s`, `250ms`)
 * with `d` for 24 hours. "" is 0.
 * @returns seconds (fractions kept), or undefined when it is none, negative, or longer than 100 years
 */
export function parseDurationSeconds(input: string | number): number | undefined {
  if (typeof input === "number") return withinLimits(input);
  const text = input.trim();
  if (text === "") return 0;
  if (/^\d{1,15}$/.test(text)) return withinLimits(Number(text));
  let seconds = 0;
  PART.lastIndex = 0;
  while (PART.lastIndex < text.length) {
    const match = PART.exec(text);
    if (match === null) return undefined;
    seconds += Number(match[1]) * (UNIT_SECONDS[match[2] ?? ""] ?? Number.NaN);
  }
  return withinLimits(seconds);
}

function withinLimits(seconds: number): number | undefined {
  return seconds >= 0 && seconds <= DURATION_SECONDS_MAX ? seconds : undefined;
}

/** Go's print of a duration of whole seconds, as `delete_version_after` and others answer it: `0s`, `3h25m19s`. */
export function formatGoDuration(totalSeconds: number): string {
  const seconds = Math.trunc(totalSeconds);
  const hours = Math.trunc(seconds / 3600);
  const minutes = Math.trunc((seconds % 3600) / 60);
  const rest = `${seconds % 60}s`;
  if (hours > 0) return `${hours}h${minutes}m${rest}`;
  return minutes > 0 ? `${minutes}m${rest}` : rest;
}
