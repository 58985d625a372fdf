import { isServerError } from "../../sdk/errors";
import { mountDataPrefix, mountEntryKey } from "../../sdk/key-layout";
import type { LoggedClass } from "../../sdk/log";
import { SerialTasks } from "../../sdk/serial-tasks";
import type { ReplicationDependencies } from "./dependencies";
import type { RoleState } from "./role-state";

const KEYS_PER_COMMIT = 512;
const AGAIN_MILLISECONDS = 1_000;
const CLASSES: readonly LoggedClass[] = ["replicated", "local"];

/**
 * Removes mounts that this cluster may no longer hold: the primary says so once. Which they are is on record before the first
 * key goes, so that a crash in the middle is made good at the next start, whether there is a primary then or not, and also by
 * the DR secondary that takes this cluster's place.
 */
export class GivenUpMounts {
  /** One removal at a time: each ends with nothing on record. */
  private readonly tasks = new SerialTasks();
  private readonly closing = new AbortController();
  private isTrying = false;

  constructor(
    private readonly deps: ReplicationDependencies,
    private readonly state: RoleState,
  ) {}

  close(): void {
    this.closing.abort();
  }

  /** Resolves once nothing of them is left. */
  giveUp(mountIds: readonly string[]): Promise<void> {
    return this.tasks.run(async () => {
      for (let at = 0; at < mountIds.length; at += KEYS_PER_COMMIT) {
        const some = mountIds.slice(at, at + KEYS_PER_COMMIT);
        // What comes from the primary is no client's write: nothing holds it back, here and below.
        const notes = some.map((mountId) => this.state.store.putGivenUp(mountId));
        await this.deps.core.barrier.commit(notes, { passesGate: true });
      }
      await this.removeAll();
    });
  }

  /** Resolves once nothing is left of what was given up earlier. A DR secondary leaves it to its primary. */
  finish(): Promise<void> {
    return this.tasks.run(async () => {
      if (this.state.effective("dr") !== "secondary") await this.removeAll();
    });
  }

  /** Not waited for: it is tried until it worked. */
  review(): void {
    if (this.isTrying) return;
    this.isTrying = true;
    this.tryUntilDone().then(
      () => {
        this.isTrying = false;
      },
      () => undefined,
    );
  }

  private async tryUntilDone(): Promise<void> {
    const { clock, logger } = this.deps;
    for (;;) {
      try {
        return await this.finish();
      } catch (error) {
        if (this.closing.signal.aborted || isServerError(error, "sealed")) return;
        logger.log("warn", "what is left of mounts that were given up could not be removed yet", {
          reason: error instanceof Error ? error.message : "unknown",
        });
        await clock.sleep(AGAIN_MILLISECONDS, this.closing.signal);
      }
    }
  }

  private async removeAll(): Promise<void> {
    const { store } = this.state;
    for (;;) {
      const mountIds = await store.readGivenUp();
      if (mountIds.length === 0) return;
      // The entries first: nobody shall reach a mount whose data is half gone.
      await this.removeKeys("replicated", mountIds.map(mountEntryKey));
      for (const mountId of mountIds) {
        for (const keyClass of CLASSES) await this.removeData(mountId, keyClass);
      }
      await this.deps.core.barrier.commit(
        mountIds.map((mountId) => store.deleteGivenUp(mountId)),
        { passesGate: true },
      );
    }
  }

  private async removeData(mountId: string, keyClass: LoggedClass): Promise<void> {
    const prefix = mountDataPrefix(mountId);
    const data = this.deps.core.barrier.view(prefix, keyClass);
    for (;;) {
      const keys = await data.listAll("", { limit: KEYS_PER_COMMIT });
      if (keys.length === 0) return;
      await this.removeKeys(
        keyClass,
        keys.map((key) => `${prefix}${key}`),
      );
    }
  }

  private async removeKeys(keyClass: LoggedClass, keys: readonly string[]): Promise<void> {
    const { barrier } = this.deps.core;
    const all = barrier.view("", keyClass);
    await barrier.commit(
      keys.map((key) => all.delete(key)),
      { passesGate: true },
    );
  }
}
