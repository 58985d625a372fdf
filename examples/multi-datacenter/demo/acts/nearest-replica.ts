import { expectStatus } from "../expect";
import { DemoFailure } from "../failure";
import { textAt } from "../json";
import { type Act, PRIMARY, SECONDARIES } from "../world";

/** A program reads its secret at the replica nearest to it: AppRole login and read stay inside that cluster. */
export const nearestReplica: Act = {
  title: "a program reads its secret at its nearest replica",

  async play(world) {
    const administrator = await world.administratorToken(PRIMARY);
    const primary = world.cluster(PRIMARY);
    const role = await primary.get("auth/approle/role/app/role-id", administrator);
    const secret = await primary.post("auth/approle/role/app/secret-id", {}, administrator);
    const credentials = {
      role_id: textAt(expectStatus("the role id", role, 200).body, "data", "role_id"),
      secret_id: textAt(expectStatus("a secret id", secret, 200).body, "data", "secret_id"),
    };
    const rows = [];
    for (const name of SECONDARIES) {
      const before = performance.now();
      const token = await world.cluster(name).login("approle/login", credentials);
      const read = await world.cluster(name).get("secret/data/app/database", token);
      expectStatus(`the program's secret at ${name}`, read, 200);
      const took = performance.now() - before;
      if (textAt(read.body, "data", "data", "password") === "")
        throw new DemoFailure(`${name} answered without the secret`);
      const written = await world.cluster(name).post("secret/data/app/database", { data: {} }, token);
      expectStatus(`a write at ${name} that was not granted`, written, 403);
      rows.push({
        act: `AppRole login and read on ${name}`,
        seen: `${took.toFixed(1)} ms, writing refused (403)`,
      });
    }
    return rows;
  },
};
