import { MILLISECONDS_DEFAULT } from "./simulation";

export interface SimulateOptions {
  readonly seed: number | undefined;
  readonly seeds: number;
  readonly from: number;
  /** Of the wall clock. */
  readonly seconds: number;
  readonly processes: number | undefined;
  readonly milliseconds: number;
  readonly trace: boolean;
  readonly requireCoverage: boolean;
}

const WITH_VALUE = ["seed", "seeds", "from", "time", "jobs", "chaos"];
const WITHOUT_VALUE = ["trace", "nightly", "require-coverage"];
const SECONDS_OF_UNIT: Readonly<Record<string, number>> = { "": 1, s: 1, m: 60, h: 3_600 };
const SECONDS_DEFAULT = 30;
const SECONDS_NIGHTLY = 8 * 3_600;

/** @throws Error naming what cannot be understood */
export function commandLine(given: readonly string[]): SimulateOptions {
  const options = new Map<string, string>();
  for (const argument of given) {
    const match = /^--([a-z-]+)(?:=(.+))?$/.exec(argument);
    const [, name = "", value] = match ?? [];
    const isKnown = value === undefined ? WITHOUT_VALUE.includes(name) : WITH_VALUE.includes(name);
    if (!isKnown) throw new Error(`cannot understand ${argument}; --help lists the options`);
    options.set(name, value ?? "");
  }
  const nightly = options.has("nightly");
  const seeds = whole(options, "seeds");
  const time = options.get("time");
  const untimed = seeds === undefined ? SECONDS_DEFAULT : Number.POSITIVE_INFINITY;
  return {
    seed: whole(options, "seed"),
    seeds: seeds ?? Number.POSITIVE_INFINITY,
    from: whole(options, "from") ?? 1,
    seconds: time === undefined ? (nightly ? SECONDS_NIGHTLY : untimed) : secondsOf(time),
    processes: whole(options, "jobs"),
    milliseconds: whole(options, "chaos") ?? MILLISECONDS_DEFAULT,
    trace: options.has("trace"),
    requireCoverage: nightly || options.has("require-coverage"),
  };
}

function whole(options: ReadonlyMap<string, string>, name: string): number | undefined {
  const text = options.get(name);
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new Error(`--${name} takes a whole number from 1, not ${text}`);
  return Number(text);
}

function secondsOf(text: string): number {
  const [, digits, unit = ""] = /^(\d{1,6})([smh]?)$/.exec(text) ?? [];
  const factor = SECONDS_OF_UNIT[unit];
  if (digits === undefined || factor === undefined) throw new Error(`--time takes 90, 90s, 10m or 8h, not ${text}`);
  return Number(digits) * factor;
}
