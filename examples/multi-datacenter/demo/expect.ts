import { setTimeout as sleep } from "node:timers/promises";
import type { Answer } from "./cluster-api";
import { DemoFailure } from "./failure";

/** @throws DemoFailure with the answer, for any other status */
export function expectStatus(what: string, answer: Answer, ...statuses: readonly number[]): Answer {
  if (statuses.includes(answer.status)) return answer;
  throw new DemoFailure(
    `${what}: expected ${statuses.join(" or ")}, was answered ${answer.status} ${JSON.stringify(answer.body ?? "")}`,
  );
}

/** @throws DemoFailure unless both are the same */
export function expectSame(what: string, seen: unknown, expected: unknown): void {
  if (seen === expected) return;
  throw new DemoFailure(`${what}: expected ${JSON.stringify(expected)}, saw ${JSON.stringify(seen)}`);
}

/** Asks again until it holds. @throws DemoFailure after `limitMs` */
export async function eventually(
  what: string,
  limitMs: number,
  pollMs: number,
  holds: () => Promise<boolean>,
): Promise<void> {
  const until = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > until) throw new DemoFailure(`${what}: not within ${limitMs / 1000} s`);
    if (pollMs > 0) await sleep(pollMs);
  }
}
