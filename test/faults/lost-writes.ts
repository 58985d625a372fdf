import type { ApiBody } from "../support/api";
import { eventually } from "../support/server-process";
import type { FaultCluster, Mode } from "./fault-cluster";

interface Report {
  readonly id: string;
}

/**
 * What a primary acknowledged and shipped to a performance secondary alone, before both it and its place were lost: its
 * successor never has it. One secret is new, one is overwritten and one deleted.
 */
export class LostWrites {
  private round = 0;
  private added: readonly string[] = [];

  /** Before the round: what everybody shall have after it, too. */
  async prepare(primary: FaultCluster): Promise<void> {
    this.round += 1;
    for (const name of ["overwritten", "deleted"]) await put(primary, name, this.kept);
  }

  async make(primary: FaultCluster, secondary: FaultCluster, count: number): Promise<void> {
    this.added = Array.from({ length: count }, (_, at) => `lost-${this.round}-${at}`);
    await put(primary, "overwritten", "lost");
    await primary.admin("DELETE", "secret/metadata/deleted");
    for (const name of this.added) await put(primary, name, "lost");
    const last = this.added.at(-1) ?? "overwritten";
    await eventually("the secondary has them", async () => (await read(secondary, last)) === "lost");
  }

  /** @throws what is still there */
  async checkGone(cluster: FaultCluster): Promise<void> {
    for (const name of this.added) expectEqual(`${name} on ${cluster.name}`, await read(cluster, name), undefined);
    for (const name of ["overwritten", "deleted"]) {
      expectEqual(`${name} on ${cluster.name}`, await read(cluster, name), this.kept);
    }
  }

  /** An operator finds them listed on who gave them up, and discards the reports. @throws what is not listed */
  async checkReported(cluster: FaultCluster, mode: Mode): Promise<void> {
    const path = `sys/replication/${mode}/divergence`;
    const { reports } = (await cluster.admin("GET", path)).data as { readonly reports: readonly Report[] };
    const listed = await Promise.all(reports.map(({ id }) => cluster.admin("GET", `${path}/${id}?limit=1000`)));
    const text = JSON.stringify(listed);
    for (const name of [...this.added, "overwritten", "deleted"]) {
      if (!text.includes(`"secret/data/${name}"`) && !text.includes(`"secret/metadata/${name}"`)) {
        throw new Error(`${cluster.name} lists ${reports.length} reports, none with ${name}: ${text.slice(0, 2_000)}`);
      }
    }
    for (const { id } of reports) await cluster.admin("DELETE", `${path}/${id}`);
  }

  private get kept(): string {
    return `kept in round ${this.round}`;
  }
}

async function put(cluster: FaultCluster, name: string, value: string): Promise<void> {
  await cluster.admin("POST", `secret/data/${name}`, { data: { v: value } });
}

async function read(cluster: FaultCluster, name: string): Promise<unknown> {
  const absent = (error: Error): ApiBody | undefined => {
    if (/: 404 /.test(error.message)) return undefined;
    throw error;
  };
  const answer = await cluster.admin("GET", `secret/data/${name}`).catch(absent);
  return (answer?.data?.data as { readonly v?: unknown } | undefined)?.v;
}

function expectEqual(what: string, found: unknown, expected: unknown): void {
  if (found !== expected) throw new Error(`${what} is ${String(found)} and not ${String(expected)}`);
}
