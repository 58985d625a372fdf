import type { View, WriteOperation } from "../../sdk/view";
import { decodeLease, encodeLease, type LeaseRecord, type LoadedLease } from "./lease-record";

/** Where leases lie inside the barrier, class `local`. */
export const LEASE_PREFIX = "core/lease/";

const PRESENT = Buffer.from("1");
const PAGE = 200;

/**
 * Leases with their indexes, each change in one commit:
 *
 *   id/<lease id>                   the lease
 *   token/<token hash>/<lease id>   what ends with a token
 *   due/<milliseconds>/<lease id>   what the sweeper follows, so that nothing is kept in memory
 */
export class LeaseStore {
  /** @param view on `core/lease/`, class `local` */
  constructor(readonly view: View) {}

  async read(leaseId: string): Promise<LoadedLease | undefined> {
    const stored = await this.view.get(`id/${leaseId}`);
    return stored === undefined ? undefined : { ...decodeLease(stored.value), leaseId, revision: stored.revision };
  }

  async create(leaseId: string, record: LeaseRecord): Promise<void> {
    const operations = [
      this.view.put(`id/${leaseId}`, encodeLease(record), { ifRevision: 0 }),
      this.view.put(dueKey(leaseId, record), PRESENT),
    ];
    if (record.tokenHash !== "") operations.push(this.view.put(`token/${record.tokenHash}/${leaseId}`, PRESENT));
    await this.view.commit(operations);
  }

  async change(before: LoadedLease, after: LeaseRecord): Promise<void> {
    const { leaseId, revision } = before;
    const operations: WriteOperation[] = [this.view.put(`id/${leaseId}`, encodeLease(after), { ifRevision: revision })];
    if (before.dueMilliseconds !== after.dueMilliseconds) {
      operations.push(this.view.delete(dueKey(leaseId, before)), this.view.put(dueKey(leaseId, after), PRESENT));
    }
    await this.view.commit(operations);
  }

  async remove(lease: LoadedLease): Promise<void> {
    const operations = [this.view.delete(`id/${lease.leaseId}`), this.view.delete(dueKey(lease.leaseId, lease))];
    if (lease.tokenHash !== "") operations.push(this.view.delete(`token/${lease.tokenHash}/${lease.leaseId}`));
    await this.view.commit(operations);
  }

  /** Ids of leases that are due, earliest first, at most `limit`. */
  async due(nowMilliseconds: number, limit: number): Promise<readonly string[]> {
    const ids: string[] = [];
    for (const key of await this.view.listAll("due/", { limit })) {
      const [, time = "", ...id] = key.split("/");
      if (Number(time) > nowMilliseconds) break;
      ids.push(id.join("/"));
    }
    return ids;
  }

  /** Removes an entry of the time index that belongs to no lease. */
  async removeStale(leaseId: string, nowMilliseconds: number): Promise<void> {
    const keys = await this.view.listAll("due/", { limit: PAGE });
    const stale = keys.filter((key) => key.endsWith(`/${leaseId}`) && Number(key.split("/")[1]) <= nowMilliseconds);
    if (stale.length > 0) await this.view.commit(stale.map((key) => this.view.delete(key)));
  }

  /** Calls `visit` with every lease id under the prefix, a page at a time; visited leases may go away. */
  async eachUnder(prefix: string, visit: (leaseId: string) => Promise<void>): Promise<void> {
    await this.eachKey(`id/${prefix}`, (key) => visit(key.slice("id/".length)));
  }

  async eachOfToken(tokenHash: string, visit: (leaseId: string) => Promise<void>): Promise<void> {
    const prefix = `token/${tokenHash}/`;
    await this.eachKey(prefix, (key) => visit(key.slice(prefix.length)));
  }

  private async eachKey(prefix: string, visit: (key: string) => Promise<void>): Promise<void> {
    let after: string | undefined;
    for (;;) {
      const keys = await this.view.listAll(prefix, after === undefined ? { limit: PAGE } : { after, limit: PAGE });
      for (const key of keys) await visit(key);
      after = keys.at(-1);
      if (keys.length < PAGE) return;
    }
  }
}

/** Zero-padded, so that the order of bytes is the order of time. */
function dueKey(leaseId: string, { dueMilliseconds }: LeaseRecord): string {
  return `due/${String(dueMilliseconds).padStart(15, "0")}/${leaseId}`;
}
