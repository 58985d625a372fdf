import { readFile } from "node:fs/promises";
import { ClusterApi } from "./cluster-api";
import { DemoFailure } from "./failure";
import type { DemoFolder } from "./folder";
import { at, textAt } from "./json";
import type { Row } from "./report";

/** Clusters that serve clients while `dc-a` is the primary and `dc-a-dr` stands by. */
export const SECONDARIES = ["dc-b", "cloud"] as const;
export const STANDBY = "dc-a-dr";
export const PRIMARY = "dc-a";

/** What the acts share: the clusters that were deployed, and a login of the user at each that serves. */
export class World {
  private readonly tokens = new Map<string, string>();

  private constructor(
    private readonly clusters: ReadonlyMap<string, ClusterApi>,
    private readonly folder: DemoFolder,
    private readonly password: string,
  ) {}

  /** From the outputs of the deployment. */
  public static async of(folder: DemoFolder, password: string): Promise<World> {
    const outputs: unknown = JSON.parse(await readFile(folder.outputs, "utf8"));
    const addresses = Object.entries(at(outputs, "multi-datacenter", "topology", "topology_api_addresses") ?? {});
    const authority = (name: string) =>
      textAt(outputs, "multi-datacenter", "topology", "topology_ca_certificates", name);
    const clusters = addresses.map(([name, address]): [string, ClusterApi] => [
      name,
      new ClusterApi(name, String(address), authority(name)),
    ]);
    return new World(new Map(clusters), folder, password);
  }

  public cluster(name: string): ClusterApi {
    const found = this.clusters.get(name);
    if (found === undefined) throw new DemoFailure(`the deployment has no cluster "${name}"`);
    return found;
  }

  /** The user's token of that cluster: one login, kept. */
  public async token(cluster: string): Promise<string> {
    const known = this.tokens.get(cluster);
    if (known !== undefined) return known;
    const token = await this.cluster(cluster).login("userpass/login/demo", { password: this.password });
    this.tokens.set(cluster, token);
    return token;
  }

  /** A login that may make the application's secret id. The credentials, in the operator file, are the primary's everywhere. */
  public async administratorToken(cluster: string): Promise<string> {
    const operator: unknown = JSON.parse(await readFile(this.folder.operatorFile, "utf8"));
    const [mount, role_id, secret_id] = ["mount", "role_id", "secret_id"].map((field) =>
      textAt(operator, "clusters", PRIMARY, "administrator", field),
    );
    return this.cluster(cluster).login(`${mount}/login`, { role_id, secret_id });
  }

  public close(): void {
    for (const cluster of this.clusters.values()) cluster.close();
  }
}

/** One scene of the demo. What it returns goes into the table; what does not hold, it throws. */
export interface Act {
  readonly title: string;
  play(world: World): Promise<readonly Row[]>;
}
