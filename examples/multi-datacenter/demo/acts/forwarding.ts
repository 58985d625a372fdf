import { eventually, expectSame, expectStatus } from "../expect";
import { textAt } from "../json";
import { type Act, PRIMARY, STANDBY, type World } from "../world";

const LIMIT_MS = 5000;

/** Writes to the wrong cluster go to the primary and back; the secondary waits until it has them before it answers. */
export const forwarding: Act = {
  title: "writing on the wrong cluster",

  async play(world) {
    const milliseconds = await write(world, "dc-b", "secret/data/sent-to/dc-b", await world.token("dc-b"));
    expectSame("the same value at dc-b, at once", await read(world, "dc-b", "secret/data/sent-to/dc-b"), "here");
    const standby = await write(world, STANDBY, "secret/data/sent-to/standby", await world.token(PRIMARY));
    const path = "secret/data/sent-to/standby";
    await eventually(`the write sent to ${STANDBY}, on ${PRIMARY}`, LIMIT_MS, 5, async () => {
      return (await read(world, PRIMARY, path)) === "here";
    });
    return [
      { act: "write sent to dc-b", seen: `forwarded in ${milliseconds} ms, readable on dc-b at once` },
      { act: `write sent to ${STANDBY}`, seen: `forwarded in ${standby} ms, readable on ${PRIMARY}` },
    ];
  },
};

async function write(world: World, cluster: string, path: string, token: string): Promise<string> {
  const before = performance.now();
  const answer = await world.cluster(cluster).post(path, { data: { value: "here" } }, token);
  expectStatus(`a write sent to ${cluster}`, answer, 200, 204);
  return (performance.now() - before).toFixed(1);
}

async function read(world: World, cluster: string, path: string): Promise<string> {
  const answer = await world.cluster(cluster).get(path, await world.token(cluster));
  return textAt(answer.body, "data", "data", "value");
}
