import { BarrierView } from "../../server/barrier/barrier-view";
import { primaryCalls } from "../../server/mounts/auth/approle/secret-id-store";
import { CLASSES_OF_MODE } from "../../server/replication/filter/entry-filter";
import { MountScope } from "../../server/replication/filter/mount-scope";
import { LogStore } from "../../server/replication/log/log-store";
import { StagedCommit } from "../../server/replication/log/staged-commit";
import { UpstreamApply } from "../../server/replication/log/upstream-apply";
import type { ReplicationDependencies } from "../../server/replication/role/dependencies";
import { Failover } from "../../server/replication/role/failover";
import { IndexStandings } from "../../server/replication/role/index-standings";
import { LineageConfirmation } from "../../server/replication/role/lineage-confirmation";
import { Merkle } from "../../server/replication/role/merkle";
import { RoleState } from "../../server/replication/role/role-state";
import { Runners } from "../../server/replication/role/runners";
import { SynchronousDr } from "../../server/replication/role/synchronous-dr";
import { LiveTarget, type LiveTargetDependencies } from "../../server/replication/stream/live-target";
import { PrimaryConnector } from "../../server/replication/stream/primary-link";
import { CHECKSUM_BYTES } from "../../server/sdk/checksum";
import { KeyedLock } from "../../server/sdk/keyed-lock";
import type { ReachedCursor } from "../../server/sdk/log";
import { DEGRADED, FENCED, INDEXED, LINEARIZABLE } from "./world";

/** A planted bug. */
export interface Mutation {
  readonly name: string;
  /** The invariant whose checker has to find it. */
  readonly breaks: number;
  /** What that checker says: an invariant may have several. */
  readonly says: RegExp;
  /** The disk says so before it is durable. */
  readonly acknowledgesEarly?: boolean;
  /** How long frames take at most, where the bug shows with much under way. @default 4 */
  readonly latencyMilliseconds?: number;
  /** What primaries do where no DR secondary keeps up. */
  readonly synchronousDr?: "block" | "degrade";
  /** Changes production code in this process. @returns the function that changes it back */
  plant?(): () => void;
}

type Method = (this: unknown, ...parameters: readonly unknown[]) => unknown;

/** @throws when there is no such method: a bug that is not planted proves nothing */
function replaceMethod(prototype: object, name: string, replace: (original: Method) => Method): () => void {
  const original: unknown = Reflect.get(prototype, name);
  if (typeof original !== "function") throw new Error(`there is no method ${name} to plant a bug in`);
  const call: Method = function (...parameters) {
    return Reflect.apply(original, this, parameters);
  };
  Reflect.set(prototype, name, replace(call));
  return () => void Reflect.set(prototype, name, original);
}

function undoAll(undo: readonly (() => void)[]): () => void {
  return () => {
    for (const one of undo) one();
  };
}

export const MUTATIONS: readonly Mutation[] = [
  { name: "acknowledges before it is durable", breaks: 1, says: /clients were told/, acknowledgesEarly: true },
  {
    name: "hands over without draining",
    breaks: 1,
    says: /took over with/,
    latencyMilliseconds: 400,
    plant: () => replaceMethod(Failover.prototype, "drainTo", () => () => Promise.resolve()),
  },
  {
    name: "acknowledges what its synchronous DR secondary does not have yet",
    breaks: 1,
    says: /took over with/,
    latencyMilliseconds: 400,
    synchronousDr: "block",
    plant: () => replaceMethod(SynchronousDr.prototype, "confirm", () => () => undefined),
  },
  {
    name: "promotes without a new epoch",
    breaks: 2,
    says: /both acknowledged writes/,
    plant: () => replaceMethod(Failover.prototype, "promotedLineages", () => () => ({})),
  },
  {
    name: "applies what a promotion brings without having taken it up",
    breaks: 2,
    says: /beyond its lineage/,
    plant: plantOldHistory,
  },
  {
    name: "applies a batch without its first entry, and checks nothing",
    breaks: 3,
    says: /mode at \d+ of/,
    plant: plantLostEntries,
  },
  {
    name: "ships local keys to performance secondaries",
    breaks: 4,
    says: /names a key of class local/,
    plant: () => {
      const right = CLASSES_OF_MODE.performance;
      Reflect.set(CLASSES_OF_MODE, "performance", CLASSES_OF_MODE.dr);
      return () => void Reflect.set(CLASSES_OF_MODE, "performance", right);
    },
  },
  { name: "ignores the paths filter", breaks: 4, says: /names the filtered mount/, plant: plantNoFilter },
  { name: "keeps a note of the mounts that it gives up", breaks: 4, says: / stores /, plant: plantNotedMounts },
  {
    name: "forgets the tokens that it was shipped when it is promoted",
    breaks: 5,
    says: /clients were told/,
    plant: plantForgottenTokens,
  },
  {
    name: "says that it has applied what it has not",
    breaks: 6,
    says: /reads/,
    latencyMilliseconds: 400,
    plant: () => replaceMethod(IndexStandings.prototype, "wait", () => () => Promise.resolve(true)),
  },
  {
    name: "honours a secret id without taking a use of it",
    breaks: 7,
    says: /it may be used/,
    plant: () =>
      replaceMethod(primaryCalls, "consume-secret-id", () => () => Promise.resolve(new Map([["taken", true]]))),
  },
  {
    name: "writes whatever became of the version that was expected",
    breaks: LINEARIZABLE,
    says: /version/,
    plant: () =>
      undoAll([
        replaceMethod(BarrierView.prototype, "put", (original) => {
          return function (key, value) {
            return Reflect.apply(original, this, [key, value]);
          };
        }),
        // Writers of one process take turns, which would hide it.
        replaceMethod(
          KeyedLock.prototype,
          "run",
          () => (_key, task) => (typeof task === "function" ? task() : undefined),
        ),
      ]),
  },
  {
    name: "acknowledges without a secondary's word",
    breaks: FENCED,
    says: /was promoted in its place/,
    plant: () => replaceMethod(LineageConfirmation.prototype, "isWaiting", () => () => false),
  },
  {
    name: "gives up after a lost connection",
    breaks: 8,
    says: /does not return|did not become/,
    plant: () => replaceMethod(PrimaryConnector.prototype, "rest", () => () => new Promise(() => undefined)),
  },
  {
    name: "acknowledges as synchronous what its DR secondary does not have yet",
    breaks: DEGRADED,
    says: /its DR secondaries stand at/,
    synchronousDr: "degrade",
    plant: () => replaceMethod(SynchronousDr.prototype, "confirm", () => () => undefined),
  },
  {
    name: "degrades without a line of its log",
    breaks: DEGRADED,
    says: /without a line of its log/,
    synchronousDr: "degrade",
    plant: () => plantLoss({ told: false }),
  },
  {
    name: "goes on saying that a DR secondary keeps up",
    breaks: DEGRADED,
    says: /its metric is 0/,
    synchronousDr: "degrade",
    plant: () =>
      replaceMethod(SynchronousDr.prototype, "status", (original) => {
        return function (this: unknown) {
          const fields: unknown = Reflect.apply(original, this, []);
          return { ...(typeof fields === "object" ? fields : {}), sync_dr_state: "synchronous" };
        };
      }),
  },
  {
    name: "stays degraded once it was",
    breaks: DEGRADED,
    says: /although nothing is wrong/,
    synchronousDr: "degrade",
    plant: () => plantLoss({ ends: false }),
  },
  {
    name: "waits on when an operator has it recover",
    breaks: INDEXED,
    says: /waits on in/,
    plant: () => replaceMethod(PrimaryConnector.prototype, "kick", () => () => undefined),
  },
  {
    name: "makes an index anew that is not that of its data",
    breaks: INDEXED,
    says: /is not that of what is stored, after a reindex/,
    plant: plantWrongIndex,
  },
  {
    name: "takes an index for damaged that is not",
    breaks: INDEXED,
    says: /damage that there is not/,
    plant: plantAlarm,
  },
];

/** @param ends whether a DR secondary that has caught up ends it */
function plantLoss({ told = true, ends = true }: { readonly told?: boolean; readonly ends?: boolean }): () => void {
  let lost = false;
  return undoAll([
    replaceMethod(SynchronousDr.prototype, "lose", (original) => {
      return function (this: unknown, reason) {
        lost = true;
        if (told) return Reflect.apply(original, this, [reason]);
        if (!(this instanceof SynchronousDr)) throw new Error("no synchronous DR to plant a bug in");
        Reflect.set(this, "synchronous", false);
        const release: unknown = Reflect.get(this, "releaseWaits");
        return typeof release === "function" ? Reflect.apply(release, this, []) : undefined;
      };
    }),
    replaceMethod(SynchronousDr.prototype, "gain", (original) => {
      return function (this: unknown) {
        return lost && !ends ? undefined : Reflect.apply(original, this, []);
      };
    }),
  ]);
}

function plantWrongIndex(): () => void {
  return replaceMethod(Merkle.prototype, "reindex", (original) => {
    return async function (this: unknown, ...parameters) {
      const answer: unknown = await Reflect.apply(original, this, parameters);
      const deps: unknown = this instanceof Merkle ? Reflect.get(this, "deps") : undefined;
      const store: unknown = isDependencies(deps) ? Reflect.get(deps.core.log, "store") : undefined;
      if (!(store instanceof LogStore)) throw new Error("no index to plant a bug in");
      store.index.add({ class: "replicated", mountId: "core", leaf: 1, delta: Buffer.alloc(CHECKSUM_BYTES, 1) });
      return answer;
    };
  });
}

function plantAlarm(): () => void {
  return replaceMethod(Merkle.prototype, "check", (original) => {
    return async function (this: unknown, ...parameters) {
      const report: unknown = await Reflect.apply(original, this, parameters);
      if (!(this instanceof Merkle)) throw new Error("no check to plant a bug in");
      Reflect.set(this, "known", { ...this.facts, corrupted: true });
      return { ...(typeof report === "object" ? report : {}), corrupted_root: true };
    };
  });
}

function plantOldHistory(): () => void {
  return replaceMethod(Runners.prototype, "adopt", (original) => {
    return function (this: unknown, mode, _lineage, cursor) {
      const state: unknown = typeof this === "object" && this !== null ? Reflect.get(this, "state") : undefined;
      if (!(state instanceof RoleState) || (mode !== "performance" && mode !== "dr")) throw new Error("no roles");
      return Reflect.apply(original, this, [mode, state.lineage(mode), cursor]);
    };
  });
}

function plantLostEntries(): () => void {
  let batches = 0;
  return undoAll([
    replaceMethod(UpstreamApply.prototype, "batch", (original) => {
      return function (batch) {
        batches += 1;
        if (batches % 25 !== 0 || typeof batch !== "object" || batch === null)
          return Reflect.apply(original, this, [batch]);
        const entries: unknown = Reflect.get(batch, "entries");
        const rest = Array.isArray(entries) ? entries.slice(1) : [];
        return Reflect.apply(original, this, [{ ...batch, entries: rest }]);
      };
    }),
    replaceMethod(StagedCommit.prototype, "moveCursor", () => {
      return function (this: unknown, reached) {
        if (!(this instanceof StagedCommit) || !isReachedCursor(reached)) return;
        this.changeState({ cursors: { ...this.state.cursors, [reached.mode]: reached.cursor } });
      };
    }),
    replaceMethod(LiveTarget.prototype, "checkpoint", () => () => Promise.resolve(false)),
  ]);
}

function isReachedCursor(reached: unknown): reached is ReachedCursor {
  return typeof reached === "object" && reached !== null && "mode" in reached && "cursor" in reached;
}

/** The one planted bug that no checker of a single run can find: a run that depends on more than its seed. */
export const UNREPEATABLE: Mutation = {
  name: "depends on the machine's own clock",
  breaks: 0,
  says: /^$/,
  plant: () =>
    replaceMethod(PrimaryConnector.prototype, "rest", (original) => {
      return function (milliseconds) {
        return Reflect.apply(original, this, [Number(milliseconds) + (performance.now() % 7)]);
      };
    }),
};

function plantForgottenTokens(): () => void {
  return replaceMethod(Failover.prototype, "promote", (original) => {
    return async function (this: unknown, ...parameters) {
      const answer: unknown = await Reflect.apply(original, this, parameters);
      const deps: unknown = typeof this === "object" && this !== null ? Reflect.get(this, "deps") : undefined;
      if (parameters[0] === "dr" && isDependencies(deps)) {
        const view = deps.core.barrier.view("core/token/", "local");
        const keys = await view.listAll("", { limit: 1_000 });
        await view.commit(keys.map((key) => view.delete(key)));
      }
      return answer;
    };
  });
}

function isDependencies(deps: unknown): deps is ReplicationDependencies {
  return typeof deps === "object" && deps !== null && "core" in deps;
}

function plantNotedMounts(): () => void {
  return replaceMethod(LiveTarget.prototype, "forget", (original) => {
    return async function (this: unknown, mountIds) {
      await Reflect.apply(original, this, [mountIds]);
      const deps: unknown = typeof this === "object" && this !== null ? Reflect.get(this, "deps") : undefined;
      if (!isTargetDependencies(deps) || !Array.isArray(mountIds)) throw new Error("no target to plant a bug in");
      const note = (mountId: unknown) =>
        ({ class: "node", key: `core/given-up/${mountId}`, value: Buffer.alloc(1) }) as const;
      await deps.log.append({ operations: mountIds.map(note), passesGate: true });
    };
  });
}

function isTargetDependencies(deps: unknown): deps is LiveTargetDependencies {
  return typeof deps === "object" && deps !== null && "log" in deps && "giveUp" in deps;
}

function plantNoFilter(): () => void {
  const scopes = new Map<string, MountScope>();
  return replaceMethod(RoleState.prototype, "scopeOf", () => {
    return (mode, id) => {
      const name = `${mode} ${id}`;
      const scope = scopes.get(name) ?? new MountScope(undefined, () => Promise.resolve(undefined));
      scopes.set(name, scope);
      return scope;
    };
  });
}
