import { stringifyJson } from "../../sdk/json";
import { JsonReader } from "../../sdk/json-reader";
import type { LoggedClass } from "../../sdk/log";
import type { ResponseData } from "../../sdk/outcome";
import { SerialTasks } from "../../sdk/serial-tasks";
import { type ClassReport, checkIndex } from "../index/merkle-check";
import type { ReplicationDependencies } from "./dependencies";

/** What the last check and the last reindex said; times in milliseconds since the Unix epoch. */
export interface MerkleFacts {
  readonly corrupted: boolean;
  /** Undefined: never. */
  readonly checkedAtMilliseconds: number | undefined;
  readonly reindexedAtMilliseconds: number | undefined;
}

const KEY = "core/replication/merkle";
/** The subtrees' keys in the report. */
const SUBTREES: Readonly<Record<LoggedClass, string>> = { replicated: "1", local: "2" };

/** The operator's checks of the index, and what came of them. Kept over restarts. */
export class Merkle {
  private known: MerkleFacts = {
    corrupted: false,
    checkedAtMilliseconds: undefined,
    reindexedAtMilliseconds: undefined,
  };
  private readonly tasks = new SerialTasks();

  constructor(private readonly deps: ReplicationDependencies) {}

  get facts(): MerkleFacts {
    return this.known;
  }

  async load(): Promise<void> {
    const stored = await this.view().get(KEY);
    if (stored === undefined) return;
    const reader = JsonReader.parse(stored.value);
    this.known = {
      corrupted: reader.boolean("corrupted"),
      checkedAtMilliseconds: reader.optional("checked_at", () => reader.number("checked_at")),
      reindexedAtMilliseconds: reader.optional("reindexed_at", () => reader.number("reindexed_at")),
    };
  }

  /** The `merkle_corruption_report`. One check or reindex at a time. */
  check(): Promise<ResponseData> {
    return this.tasks.run(async () => {
      const { log } = this.deps.core;
      const reports = await checkIndex(log.index);
      const checkedAtMilliseconds = this.deps.clock.nowMilliseconds();
      for (const { unreadable } of reports) {
        if (unreadable !== undefined)
          this.deps.logger.log("error", "a stored value is damaged", { reason: unreadable });
      }
      const corrupted = reports.some(isCorrupted);
      await this.remember({ ...this.known, corrupted, checkedAtMilliseconds });
      const subtrees = reports.map((report) => [SUBTREES[report.class], this.subtree(report)] as const);
      return {
        corrupted_root: corrupted,
        last_corruption_check_epoch: new Date(checkedAtMilliseconds).toISOString(),
        corrupted_tree_map: Object.fromEntries(subtrees),
      };
    });
  }

  /** @throws `corrupt` naming a value that is damaged */
  reindex(): Promise<readonly string[]> {
    return this.tasks.run(async () => {
      const leaves = await this.deps.core.log.reindex();
      this.deps.logger.log("info", "the index was made anew", { leaves_corrected: leaves });
      const reindexedAtMilliseconds = this.deps.clock.nowMilliseconds();
      await this.remember({ ...this.known, corrupted: false, reindexedAtMilliseconds });
      return [`The replication index was made anew from the stored data; ${leaves} of its leaves were wrong.`];
    });
  }

  private subtree(report: ClassReport): ResponseData {
    const pages = [...report.pages].map(([page, subpages]) => [String(page), { corrupted: true, subpages }] as const);
    return {
      tree_type: report.class,
      root_hash: this.deps.core.log.checksumOf(() => true, [report.class]).toString("base64"),
      corrupted_subtree_root: isCorrupted(report),
      corrupted_index_tuples_map: pages.length === 0 ? null : Object.fromEntries(pages),
    };
  }

  private async remember(facts: MerkleFacts): Promise<void> {
    this.known = facts;
    const record = {
      version: 1,
      corrupted: facts.corrupted,
      checked_at: facts.checkedAtMilliseconds,
      reindexed_at: facts.reindexedAtMilliseconds,
    };
    const view = this.view();
    await view.commit([view.put(KEY, Buffer.from(stringifyJson(record)))]);
  }

  private view() {
    return this.deps.core.barrier.view("", "node");
  }
}

function isCorrupted(report: ClassReport): boolean {
  return report.pages.size > 0 || report.unreadable !== undefined;
}
