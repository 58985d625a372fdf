import { expectSame, expectStatus } from "../expect";
import { textAt } from "../json";
import { type Act, PRIMARY, STANDBY } from "../world";

const DR_SECONDARY = 472;

/** A DR secondary holds everything and serves nobody; load balancers see it by its status. */
export const standby: Act = {
  title: "asking the standby for its health",

  async play(world) {
    const health = expectStatus(
      `the health of ${STANDBY}`,
      await world.cluster(STANDBY).get("sys/health"),
      DR_SECONDARY,
    );
    expectSame("its mode", textAt(health.body, "replication_dr_mode"), "secondary");
    expectStatus(`the health of ${PRIMARY}`, await world.cluster(PRIMARY).get("sys/health"), 200);
    return [{ act: `sys/health of ${STANDBY}`, seen: `${DR_SECONDARY}, while ${PRIMARY} answers 200` }];
  },
};
