import type { ForwardResult } from "../../server/sdk/replication";
import { patiently } from "./client-call";
import { forwardedRequest } from "./forwarded-request";
import type { SeededRandom } from "./seeded-random";
import type { SimulatedCluster } from "./simulated-cluster";
import { OPEN_MOUNT } from "./topology";
import type { World } from "./world";

/** Counts up one key through a performance secondary, and reads it back there and at others. */
export class SessionClient {
  /** After a write of which nobody knows what became another key is used: it may still arrive, behind later ones. */
  private series = 1;

  constructor(
    private readonly world: World,
    private readonly name: string,
    private readonly secondary: string,
  ) {}

  private get session(): string {
    return `${this.name}-${this.series}`;
  }

  /** @returns how many requests it made */
  async step(random: SeededRandom): Promise<number> {
    const home = this.world.cluster(this.secondary);
    if (home.replication?.state().performance !== "secondary") return 0;
    if (random.chance(0.5)) await this.write(home, random);
    else await patiently(this.world, "session read", () => this.read(home, this.session));
    return 1;
  }

  /** Its last key, at its own cluster, wherever that is a secondary now. @throws what it cannot be read for */
  async readBack(): Promise<void> {
    const home = this.world.cluster(this.secondary);
    if (home.replication?.state().performance === "secondary") await this.read(home, this.session);
  }

  private async write(home: SimulatedCluster, random: SeededRandom): Promise<void> {
    const { world, session } = this;
    const key = keyOf(session);
    const count = world.sessions.sends(session);
    const { era } = world;
    let answered = false;
    await patiently(world, "session write", async () => {
      const { signal } = new AbortController();
      const replication = home.requireReplication();
      const answer = await replication.forward("performance", forwardedRequest(key, String(count)), signal);
      answered = true;
      if (!(await replication.waitUntilApplied("performance", answer, signal))) {
        world.coverage.count("session was warned");
        return;
      }
      if (era !== world.era) return;
      // Its secondary, which has not heard of the promotion either, spoke for it: what it took then is lost to the set.
      if (world.ledger.ownerOf("shared") !== answer.body.toString()) {
        world.coverage.count("session through a replaced primary");
        return;
      }
      world.sessions.confirmed(session, count);
      await this.read(home, session);
      if (random.chance(0.3)) await this.elsewhere(random, session, answer, count);
    });
    if (!answered) this.series += 1;
  }

  /** With the index of its write it may go on at another cluster of the set, as `X-Vault-Index` promises. */
  private async elsewhere(random: SeededRandom, session: string, answer: ForwardResult, count: number): Promise<void> {
    const { world } = this;
    const others = [...world.clusters.values()].filter(
      (cluster) => cluster.name !== this.secondary && cluster.replication?.state().performance === "secondary",
    );
    if (others.length === 0) return;
    const other = random.pick(others);
    const { era } = world;
    const { signal } = new AbortController();
    if (!(await other.requireReplication().waitUntilApplied("performance", answer, signal))) return;
    if (era !== world.era) return;
    world.coverage.count("sessions that went on elsewhere");
    await this.expect(other, session, count);
  }

  private async read(cluster: SimulatedCluster, session: string): Promise<void> {
    await this.expect(cluster, session, this.world.sessions.floor(session));
  }

  private async expect(cluster: SimulatedCluster, session: string, floor: number): Promise<void> {
    const { world } = this;
    const { era } = world;
    const { openings, generation } = cluster;
    const found = await cluster.get("replicated", keyOf(session));
    const isSecondary = cluster.replication?.state().performance === "secondary";
    if (era !== world.era || !isSecondary || cluster.openings !== openings || cluster.generation !== generation) return;
    world.coverage.count("sessions read back");
    world.sessions.read(session, cluster.name, floor, Number(found ?? 0));
  }
}

function keyOf(session: string): string {
  return `data/${OPEN_MOUNT}/session-${session}`;
}
