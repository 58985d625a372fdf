import type { ClusterApi } from "../cluster-api";
import { expectStatus } from "../expect";
import { DemoFailure } from "../failure";
import { textAt } from "../json";
import { type Act, SECONDARIES } from "../world";

const ROLE = "auth/approle/role/app";
const SECRET = "secret/data/app/database";

/** A program reads its secret at the replica nearest to it: login and read stay inside that cluster. */
export const nearestReplica: Act = {
  title: "a program reads its secret at its nearest replica",

  async play(world) {
    const rows = [];
    for (const name of SECONDARIES) {
      const cluster = world.cluster(name);
      const credentials = await credentialsOf(cluster, await world.administratorToken(name));
      const before = performance.now();
      const token = await cluster.login("approle/login", credentials);
      const read = expectStatus(`the program's secret at ${name}`, await cluster.get(SECRET, token), 200);
      const took = performance.now() - before;
      if (textAt(read.body, "data", "data", "password") === "") throw new DemoFailure(`${name} answered no secret`);
      expectStatus(`a write at ${name} that was not granted`, await cluster.post(SECRET, { data: {} }, token), 403);
      rows.push({
        act: `AppRole login and read on ${name}`,
        seen: `${took.toFixed(1)} ms, writing refused (403)`,
      });
    }
    return rows;
  },
};

/** A secret id is shared by all clusters: made through a secondary it is known there at once. */
async function credentialsOf(cluster: ClusterApi, administrator: string): Promise<object> {
  const role = expectStatus("the role id", await cluster.get(`${ROLE}/role-id`, administrator), 200);
  const secret = expectStatus("a secret id", await cluster.post(`${ROLE}/secret-id`, {}, administrator), 200);
  return { role_id: textAt(role.body, "data", "role_id"), secret_id: textAt(secret.body, "data", "secret_id") };
}
