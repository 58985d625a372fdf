import { isServerError } from "../../server/sdk/errors";
import { stringifyJson } from "../../server/sdk/json";
import { JsonReader } from "../../server/sdk/json-reader";
import type { Outcome } from "../../server/sdk/outcome";
import { isRefusal, patiently, takesWrites } from "./client-call";
import type { SeededRandom } from "./seeded-random";
import type { SimulatedCluster } from "./simulated-cluster";
import type { World } from "./world";

const KEYS = 3;

/** Reads and writes KV version 2 with check-and-set at the primary; several of them use the same few keys. */
export class KvClient {
  private count = 0;

  constructor(
    private readonly world: World,
    private readonly name: string,
  ) {}

  /** @returns how many requests it made */
  async step(random: SeededRandom): Promise<number> {
    const { ledger } = this.world;
    const primary = this.world.cluster(ledger.ownerOf("shared"));
    // What an unplanned promotion lost is not read back: from then on others are used.
    const path = `era-${this.world.era}-${random.integerBelow(KEYS)}`;
    if (primary.mounts === undefined) {
      this.world.coverage.count("primary was down");
      return 0;
    }
    if (random.chance(0.35)) await this.read(primary, path);
    else await this.write(primary, path, random);
    return 1;
  }

  /** Every key of the present era, at the primary. @throws what it cannot be read for */
  async readBack(): Promise<void> {
    const { ledger, era } = this.world;
    const primary = this.world.cluster(ledger.ownerOf("shared"));
    for (let key = 0; key < KEYS; key += 1) await this.readNow(primary, `era-${era}-${key}`);
  }

  private read(primary: SimulatedCluster, path: string): Promise<void> {
    return patiently(this.world, "secret read", () => this.readNow(primary, path));
  }

  private async readNow(primary: SimulatedCluster, path: string): Promise<void> {
    const { cas, coverage } = this.world;
    const isStill = this.sameOwner(primary);
    const read = cas.beginRead(path);
    const { version, value } = currentOf(await primary.requireMounts().kv("read", `data/${path}`));
    if (!isStill()) return;
    cas.read(read, version, value);
    coverage.count("secrets read");
  }

  private async write(primary: SimulatedCluster, path: string, random: SeededRandom): Promise<void> {
    const { world } = this;
    this.count += 1;
    const value = `${this.name}-${this.count}`;
    const newest = world.cas.newest(path);
    const expected = random.chance(0.85) ? newest : Math.max(0, newest - 1 + random.integerBelow(3));
    const isStill = this.sameOwner(primary);
    const wasPrimary = takesWrites(primary);
    const attempt = world.cas.beginWrite(path, value, expected);
    const body = { data: { value }, options: { cas: expected } };
    await patiently(
      world,
      "secret write",
      async () => {
        const outcome = await primary.requireMounts().kv("write", `data/${path}`, { body });
        if (!isStill()) return;
        world.cas.written(attempt, versionOf(outcome));
        world.coverage.count("secrets written with check-and-set");
      },
      (error) => {
        if (!isRefusal(error, wasPrimary) || !isStill()) return;
        if (!isServerError(error, "invalid_request")) world.cas.refused(attempt);
        else {
          world.cas.mismatched(attempt);
          world.coverage.count("check-and-set refused");
        }
      },
    );
  }

  /** What a cluster says counts while it answers for the set; a demoted or replaced one may serve what is old. */
  private sameOwner(primary: SimulatedCluster): () => boolean {
    const { ledger } = this.world;
    const { era } = this.world;
    const { host } = primary;
    return () => this.world.era === era && ledger.ownerOf("shared") === primary.name && primary.host === host;
  }
}

function readerOf(outcome: Outcome): JsonReader | undefined {
  return outcome.kind === "data" ? JsonReader.parse(Buffer.from(stringifyJson(outcome.data))) : undefined;
}

function versionOf(outcome: Outcome): number {
  return readerOf(outcome)?.number("version") ?? 0;
}

/** Version 0: there is none. */
function currentOf(outcome: Outcome): { readonly version: number; readonly value: string | undefined } {
  const reader = readerOf(outcome);
  if (reader === undefined) return { version: 0, value: undefined };
  return { version: reader.child("metadata").number("version"), value: reader.child("data").text("value") };
}
