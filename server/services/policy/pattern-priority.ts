import { compareBytes } from "../../sdk/byte-order";
import type { PathRule } from "./path-rule";

type Pattern = Pick<PathRule, "pattern" | "isPrefix">;

/** `text` with the glob it was written with. */
function written({ pattern, isPrefix }: Pattern): string {
  return isPrefix ? `${pattern}*` : pattern;
}

function segmentWildcards({ pattern }: Pattern): number {
  return pattern.split("/").filter((segment) => segment === "+").length;
}

/** Position of the first `+` segment or of the trailing `*`; infinite where the pattern is one exact path. */
function firstWildcard({ pattern, isPrefix }: Pattern): number {
  let position = 0;
  for (const segment of pattern.split("/")) {
    if (segment === "+") return position;
    position += segment.length + 1;
  }
  return isPrefix ? pattern.length : Number.POSITIVE_INFINITY;
}

/**
 * Orders patterns that match one path, the one that decides first. The rules of Vault's policy documentation ("Policies",
 * priority matching); a pattern has the lower priority when
 * its first wildcard comes earlier; it ends in `*` and the other does not; it has more `+` segments; it is shorter; it is
 * the smaller one in byte order.
 */
export function comparePriority(left: Pattern, right: Pattern): number {
  const leftFirst = firstWildcard(left);
  const rightFirst = firstWildcard(right);
  if (leftFirst !== rightFirst) return rightFirst > leftFirst ? 1 : -1;
  if (left.isPrefix !== right.isPrefix) return left.isPrefix ? 1 : -1;
  const wildcards = segmentWildcards(left) - segmentWildcards(right);
  if (wildcards !== 0) return wildcards;
  const leftText = written(left);
  const rightText = written(right);
  return rightText.length - leftText.length || compareBytes(rightText, leftText);
}

/** Whether the pattern matches the path: `+` is one segment of any content, a trailing `*` any rest, also none. */
export function matchesPattern({ pattern, isPrefix }: Pattern, path: string): boolean {
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (isPrefix ? given.length < wanted.length : given.length !== wanted.length) return false;
  const last = wanted.length - 1;
  return wanted.every((segment, index) => {
    const actual = given[index] ?? "";
    if (isPrefix && index === last) return actual.startsWith(segment);
    return segment === "+" || segment === actual;
  });
}
