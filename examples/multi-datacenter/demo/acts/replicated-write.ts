import { eventually, expectStatus } from "../expect";
import { at, numberAt } from "../json";
import { type Act, PRIMARY, SECONDARIES, STANDBY, type World } from "../world";

const WRITES = 20;
const LIMIT_MS = 10_000;

/** A write on the primary, and how long after its answer each secondary has it. */
export const replicatedWrite: Act = {
  title: `writing on ${PRIMARY} and watching the others`,

  async play(world) {
    const delays = new Map<string, number[]>([...SECONDARIES, STANDBY].map((name) => [name, []]));
    await Promise.all([PRIMARY, ...SECONDARIES].map((name) => world.token(name)));
    for (let number = 1; number <= WRITES; number += 1) {
      const path = `secret/data/seen/${number}`;
      const written = await world.cluster(PRIMARY).post(path, { data: { number } }, await world.token(PRIMARY));
      expectStatus("the write", written, 200, 204);
      const acknowledged = performance.now();
      const index = await lastIndex(world, PRIMARY, "last_wal", "last_dr_wal");
      await Promise.all(
        [...delays].map(async ([name, list]) => {
          const arrived = name === STANDBY ? () => standbyHas(world, index) : () => readable(world, name, path, number);
          await eventually(`${path} at ${name}`, LIMIT_MS, 0, arrived);
          list.push(performance.now() - acknowledged);
        }),
      );
    }
    return [...delays].map(([name, list]) => ({
      act: `write on ${PRIMARY} -> ${name === STANDBY ? "copied to" : "visible on"} ${name}`,
      seen: `after ${milliseconds(median(list))} (median of ${WRITES}, at most ${milliseconds(Math.max(...list))})`,
    }));
  },
};

async function readable(world: World, name: string, path: string, number: number): Promise<boolean> {
  const answer = await world.cluster(name).get(path, await world.token(name));
  return answer.status === 200 && at(answer.body, "data", "data", "number") === number;
}

/** A DR secondary shows no secrets; it tells how much of its primary's log it has. */
async function standbyHas(world: World, index: number): Promise<boolean> {
  return (await lastIndex(world, STANDBY, "last_remote_wal")) >= index;
}

async function lastIndex(world: World, name: string, ...fields: readonly string[]): Promise<number> {
  const { body } = await world.cluster(name).get("sys/replication/dr/status");
  return Math.max(...fields.map((field) => numberAt(body, "data", field)));
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function milliseconds(value: number): string {
  return `${value.toFixed(1)} ms`;
}
