import type { Clock } from "../../sdk/clock";
import type { Logger } from "../../sdk/logger";
import { PeriodicTask } from "../../sdk/periodic-task";
import type { View } from "../../sdk/view";
import { decodeToken } from "./token-record";
import type { TokenRevocation } from "./token-revocation";
import { edgeKey, type TokenStore } from "./token-store";

const SWEEP_EVERY_MILLISECONDS = 5_000;
const SWEEP_PAGE = 200;
/** One sweep ends after so many pages, so that it never keeps a request waiting for long. */
const SWEEP_PAGES_MAX = 50;
const TIDY_PAGE = 500;

/**
 * Frees the space of expired tokens and ends what hung on them. Whether a token lives is decided at its use, so a late sweep
 * lets nobody in. What is due comes from the index by time, a page at a time.
 */
export class TokenSweeper {
  private readonly task: PeriodicTask;
  private tidying = false;

  constructor(
    private readonly store: TokenStore,
    private readonly revocation: TokenRevocation,
    private readonly clock: Clock,
    private readonly logger: Logger,
    private readonly mayWrite: () => boolean,
  ) {
    this.task = new PeriodicTask(clock, SWEEP_EVERY_MILLISECONDS, () => this.sweepOnce());
  }

  start(): void {
    this.task.start();
  }

  stop(): void {
    this.task.stop();
  }

  private async sweepOnce(): Promise<void> {
    if (!this.mayWrite()) return;
    try {
      await this.revocation.resume();
      await this.sweep();
    } catch (error) {
      this.logger.log("warn", "sweeping tokens failed", { reason: error instanceof Error ? error.message : "unknown" });
    }
  }

  /** Revokes every token whose time has come, with its descendants. */
  async sweep(): Promise<void> {
    const now = this.clock.nowMilliseconds();
    for (let page = 0; page < SWEEP_PAGES_MAX; page++) {
      const due = (await this.store.view.listAll("expiry/", { limit: SWEEP_PAGE })).filter(
        (key) => dueTime(key) <= now,
      );
      for (const key of due) await this.expire(key);
      if (due.length < SWEEP_PAGE) return;
    }
  }

  private async expire(key: string): Promise<void> {
    const hash = key.slice(key.lastIndexOf("/") + 1);
    const token = await this.store.load(hash);
    const expireTime = token?.record.expireTimeMilliseconds;
    if (expireTime !== undefined && expireTime <= this.clock.nowMilliseconds()) await this.revocation.revokeTree(hash);
    else if (expireTime !== dueTime(key)) await this.store.commit([this.store.view.delete(key)], []);
  }

  /** @returns false when it is running already */
  startTidy(): boolean {
    if (this.tidying) return false;
    this.tidying = true;
    void this.tidy()
      .catch((error: unknown) => {
        this.logger.log("warn", "tidying tokens failed", {
          reason: error instanceof Error ? error.message : "unknown",
        });
      })
      .finally(() => {
        this.tidying = false;
      });
    return true;
  }

  /** Removes accessors and edges whose token is gone, and tokens whose parent is gone. */
  async tidy(): Promise<void> {
    await this.eachKey("accessor/", (key) => this.tidyAccessor(key));
    await this.eachKey("parent/", (key) => this.tidyEdge(key));
    await this.eachKey("id/", (key) => this.tidyToken(key));
  }

  private async eachKey(prefix: string, visit: (key: string) => Promise<void>): Promise<void> {
    let after: string | undefined;
    for (;;) {
      const options = after === undefined ? { limit: TIDY_PAGE } : { after, limit: TIDY_PAGE };
      const keys = await this.view.listAll(prefix, options);
      for (const key of keys) await visit(key);
      after = keys.at(-1);
      if (keys.length < TIDY_PAGE) return;
    }
  }

  private async tidyAccessor(key: string): Promise<void> {
    const hash = (await this.view.get(key))?.value.toString("utf8") ?? "";
    if ((await this.view.get(`id/${hash}`)) === undefined) await this.view.commit([this.view.delete(key)]);
  }

  private async tidyEdge(key: string): Promise<void> {
    const [, parent = "", child = ""] = key.split("/");
    if ((await this.view.get(`id/${child}`)) !== undefined) return;
    await this.view.commit([this.view.delete(edgeKey(parent, child))]);
  }

  private async tidyToken(key: string): Promise<void> {
    const stored = await this.view.get(key);
    if (stored === undefined) return;
    const { parent } = decodeToken(stored.value);
    if (parent !== "" && (await this.view.get(`id/${parent}`)) === undefined) {
      await this.revocation.revokeTree(key.slice("id/".length));
    }
  }

  private get view(): View {
    return this.store.view;
  }
}

function dueTime(key: string): number {
  return Number(key.split("/")[1]);
}
