import { expectStatus } from "../expect";
import { type Act, PRIMARY } from "../world";

const PATH = "payments-eu/data/gateway";

/** What the filter of dc-b denies was never sent there, although the user may read it. */
export const filteredMount: Act = {
  title: "looking for the filtered mount",

  async play(world) {
    for (const name of [PRIMARY, "cloud"]) {
      expectStatus(`${PATH} at ${name}`, await world.cluster(name).get(PATH, await world.token(name)), 200);
    }
    const absent = await world.cluster("dc-b").get(PATH, await world.token("dc-b"));
    expectStatus(`${PATH} at dc-b`, absent, 404, 403);
    return [
      { act: "payments-eu/, filtered from dc-b", seen: `absent on dc-b (${absent.status}), present on cloud (200)` },
    ];
  },
};
