import { stringifyJson } from "../../server/sdk/json";
import { JsonReader } from "../../server/sdk/json-reader";
import type { Outcome } from "../../server/sdk/outcome";
import { patiently } from "./client-call";
import type { SeededRandom } from "./seeded-random";
import type { SimulatedCluster } from "./simulated-cluster";
import type { World } from "./world";

const USES_MAX = 3;

interface Credential {
  readonly id: string;
  readonly roleId: string;
  readonly secretId: string;
  attempts: number;
}

/** Makes secret ids of few uses and logs in with them wherever it can, more often than it may. */
export class LoginClient {
  private current: Credential | undefined;
  private made = 0;

  constructor(
    private readonly world: World,
    private readonly name: string,
  ) {}

  /** @returns how many requests it made */
  async step(random: SeededRandom): Promise<number> {
    const { current } = this;
    if (current === undefined || current.attempts <= 0) return await this.make(random);
    return await this.logIn(random, current);
  }

  private async make(random: SeededRandom): Promise<number> {
    const { world } = this;
    this.current = undefined;
    this.made += 1;
    const id = `${this.name}-${this.made}`;
    const usesMax = 1 + random.integerBelow(USES_MAX);
    const owner = world.cluster(world.ledger.ownerOf("shared"));
    const { era } = world;
    if (owner.mounts === undefined) return 0;
    await patiently(world, "secret id", async () => {
      const { approle } = owner.requireMounts();
      await approle("write", `role/${id}`, { body: { secret_id_num_uses: usesMax } });
      const roleId = textOf(await approle("read", `role/${id}/role-id`), "role_id");
      const secretId = textOf(await approle("write", `role/${id}/secret-id`, { body: {} }), "secret_id");
      // A cluster that was replaced meanwhile may have made one that nobody else knows.
      if (era !== world.era || world.ledger.ownerOf("shared") !== owner.name) return;
      world.uses.created(id, usesMax);
      this.current = { id, roleId, secretId, attempts: usesMax + 3 };
    });
    return 1;
  }

  /** At several clusters at once, now and then. */
  private async logIn(random: SeededRandom, credential: Credential): Promise<number> {
    const { world } = this;
    const clusters = [...world.clusters.values()].filter((cluster) => isInSet(world, cluster));
    if (clusters.length === 0) return 0;
    const times = random.chance(0.5) ? 2 : 1;
    await Promise.all(
      Array.from({ length: times }, () => {
        credential.attempts -= 1;
        return this.tryAt(random.pick(clusters), credential);
      }),
    );
    return times;
  }

  private async tryAt(cluster: SimulatedCluster, { id, roleId, secretId }: Credential): Promise<void> {
    const { world } = this;
    await patiently(world, "login", async () => {
      const body = { role_id: roleId, secret_id: secretId };
      const outcome = await cluster.requireMounts().approle("update", "login", { body });
      if (outcome.kind !== "login" || !isInSet(world, cluster)) return;
      const { performance, dr } = cluster.requireReplication().state();
      const role = performance === "disabled" ? `DR ${dr}` : performance;
      world.coverage.count(`logins with a counted secret id at a ${role}`);
      world.uses.honoured(id, cluster.name);
    });
  }
}

/** One that stands alone has the credentials of its own that it was left with. */
function isInSet({ topology }: World, cluster: SimulatedCluster): boolean {
  const roles = cluster.replication?.state();
  if (roles === undefined || roles.dr === "secondary") return false;
  if (topology.links.some(({ mode }) => mode === "performance")) return /^(primary|secondary)$/.test(roles.performance);
  return roles.dr === "primary";
}

function textOf(outcome: Outcome, name: string): string {
  if (outcome.kind !== "data") throw new Error(`no ${name} in the answer`);
  return JsonReader.parse(Buffer.from(stringifyJson(outcome.data))).text(name);
}
