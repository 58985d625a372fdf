import { ServerError } from "../../sdk/errors";
import type { DynamicFilter } from "../../sdk/replication-admin";
import { askDynamicFilter, DYNAMIC_FILTER_CHANNEL, filteredMounts } from "../filter/dynamic-filter";
import type { OpenChannel } from "../forward/forward-client";
import type { ReplicationDependencies } from "./dependencies";
import type { RoleState } from "./role-state";

/** What a performance secondary's paths filter amounts to now: known on the primary, asked for on the secondary. */
export class DynamicFilters {
  constructor(
    private readonly deps: ReplicationDependencies,
    private readonly state: RoleState,
    private readonly openPrimary: OpenChannel,
  ) {}

  async read(side: "primary" | "secondary", id: string): Promise<DynamicFilter | undefined> {
    const mounts = side === "primary" ? await this.ofMember(id) : await this.ask(id);
    return mounts === undefined ? undefined : { mounts, namespaces: [] };
  }

  /** Undefined where this cluster is not the primary, or has no such secondary. */
  async ofMember(id: string): Promise<readonly string[] | undefined> {
    const { members, filters } = this.state.of("performance");
    if (this.state.effective("performance") !== "primary" || !members.has(id)) return undefined;
    return await filteredMounts(this.deps.core.log, this.deps.mountPathOf, filters.get(id)?.filter);
  }

  private async ask(id: string): Promise<readonly string[] | undefined> {
    const { role } = this.state.of("performance");
    const own = role.role === "secondary" && role.link?.secondaryId === id;
    if (!own || this.state.effective("performance") !== "secondary") return undefined;
    try {
      return await askDynamicFilter(await this.openPrimary(DYNAMIC_FILTER_CHANNEL));
    } catch (cause) {
      throw new ServerError("primary_unreachable", { cause });
    }
  }
}
