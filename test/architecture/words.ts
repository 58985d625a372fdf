import { readFileSync } from "node:fs";
import type { Finding } from "./finding";

/** Silenced checks and unfinished work: rules are mended, not switched off. Built from parts so that this file is clean. */
const FORBIDDEN: readonly (readonly [RegExp, string])[] = [
  [new RegExp(`@ts-${"ignore"}|@ts-${"expect-error"}|@ts-${"nocheck"}`), "a silenced compiler error"],
  [new RegExp(`biome-${"ignore"}|eslint-${"disable"}`), "a silenced lint rule"],
  [new RegExp(`\\b(${"TO"}${"DO"}|${"FIX"}${"ME"}|X${"XX"})\\b`), "unfinished work"],
];

/** Finds comments that silence a check or promise work. */
export function checkProjectWords(paths: readonly string[]): Finding[] {
  return paths.flatMap((path) =>
    readFileSync(path, "utf8")
      .split("\n")
      .flatMap((text, index) =>
        FORBIDDEN.filter(([pattern]) => pattern.test(text)).map(([, what]) => ({
          path,
          line: index + 1,
          message: what,
        })),
      ),
  );
}
