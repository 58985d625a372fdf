import { eventually, expectSame, expectStatus } from "../expect";
import { at, textAt } from "../json";
import type { Row } from "../report";
import { PRIMARY, SECONDARIES, type World } from "../world";

const LIMIT_MS = 15_000;

/** What must hold once `primary` has taken over from `old`. */
export async function movedPrimary(world: World, primary: string, old: string): Promise<readonly Row[]> {
  const health = expectStatus(`the health of ${primary}`, await world.cluster(primary).get("sys/health"), 200);
  expectSame("its mode", textAt(health.body, "replication_performance_mode"), "primary");
  expectStatus(`the health of ${old}`, await world.cluster(old).get("sys/health"), 472);
  const token = await world.token(PRIMARY);
  const self = await world.cluster(primary).get("auth/token/lookup-self", token);
  expectStatus(`the token that ${PRIMARY} issued, at ${primary}`, self, 200);
  const delays = await Promise.all(SECONDARIES.map((name) => follows(world, name, primary)));
  return [
    { act: `primary moved from ${old} to ${primary}`, seen: `${primary} answers 200, ${old} answers 472` },
    { act: `token issued by ${PRIMARY}, on ${primary}`, seen: "accepted (200)" },
    {
      act: `${SECONDARIES.join(" and ")} after the move`,
      seen: `stream from ${primary}, its next write arrived after ${(Math.max(...delays) / 1000).toFixed(2)} s`,
    },
  ];
}

/** It streams, and what the new primary writes arrives. @returns after how many milliseconds */
async function follows(world: World, name: string, primary: string): Promise<number> {
  const path = `secret/data/moved/${primary}-${name}`;
  const token = await world.token(PRIMARY);
  const before = performance.now();
  const written = await world.cluster(primary).post(path, { data: { primary } }, token);
  expectStatus(`a write on ${primary}`, written, 200, 204);
  await eventually(`what ${primary} wrote, at ${name}`, LIMIT_MS, 10, async () => {
    const answer = await world.cluster(name).get(path, await world.token(name));
    return at(answer.body, "data", "data", "primary") === primary;
  });
  const delayMs = performance.now() - before;
  const status = await world.cluster(name).get("sys/replication/performance/status");
  expectSame(`the state of ${name}`, textAt(status.body, "data", "state"), "stream-wals");
  return delayMs;
}
