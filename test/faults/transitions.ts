import type { SeededRandom } from "../simulation/seeded-random";
import { eventually } from "../support/server-process";
import type { FaultCluster, Mode } from "./fault-cluster";
import type { ReplicaPair } from "./replica-pair";
import type { WriteLedger } from "./write-ledger";

export type Side = "primary" | "secondary";

/** What a transition has at hand. */
export interface Stage {
  readonly pair: ReplicaPair;
  readonly ledger: WriteLedger;
  readonly random: SeededRandom;
  /** The cluster that will be killed. */
  readonly victim: FaultCluster;
  /** Calls that bring the transition about and may outlive its moment: a demotion waits for its target through the kill. */
  readonly underWay: Promise<unknown>[];
}

/** One change of state during which either side is killed. */
export interface Transition {
  readonly name: string;
  readonly modes: readonly Mode[];
  /** Brings it about and resolves when its moment has come: the victim is killed then. */
  readonly bringAbout: (stage: Stage) => Promise<void>;
  /** What an operator does who got no answer. Tried until it succeeds; left out: nobody does anything. */
  readonly finish?: (stage: Stage) => Promise<void>;
}

const BOTH: readonly Mode[] = ["dr", "performance"];
const FILTERED = "sys/replication/performance/primary/paths-filter";

function pause(milliseconds: number): Promise<void> {
  return new Promise((settle) => setTimeout(settle, milliseconds));
}

/** Begins the call and resolves a seeded moment later, whatever becomes of the call. */
async function duringCall(stage: Stage, spanMilliseconds: number, call: () => Promise<unknown>): Promise<void> {
  begin(stage, call());
  await pause(stage.random.between(0, spanMilliseconds));
}

function begin({ underWay }: Stage, call: Promise<unknown> | undefined): void {
  underWay.push(Promise.resolve(call).catch(() => undefined));
}

/** Resolves when the cluster has logged the line, or a seeded moment after. @throws when it does not */
async function atLogLine(
  stage: Stage,
  cluster: FaultCluster,
  pattern: RegExp,
  cause: () => Promise<unknown> | undefined,
): Promise<void> {
  const { line } = cluster.logged(pattern);
  begin(stage, cause());
  if ((await line) === undefined) throw new Error(`${cluster.name} did not log ${pattern.source}`);
  if (stage.random.chance(0.5)) await pause(stage.random.between(0, 15));
}

/** At the call's log line, or a seeded moment after the call began: before what the line tells is so. */
async function atCall(
  stage: Stage,
  cluster: FaultCluster,
  pattern: RegExp,
  call: () => Promise<unknown>,
): Promise<void> {
  if (stage.random.chance(0.5)) await atLogLine(stage, cluster, pattern, call);
  else await duringCall(stage, 25, call);
}

function told(message: string): RegExp {
  return new RegExp(`"@message":"${message}"`);
}

function demotionAt(stage: Stage, message: string): Promise<void> {
  const { primary, secondary } = stage.pair;
  return atLogLine(stage, primary, told(message), () => stage.pair.demote(primary, secondary.name));
}

async function promotionAt(stage: Stage, message: string): Promise<void> {
  const { pair } = stage;
  await retried("the demotion", () => pair.demote(pair.primary, pair.secondary.name));
  await atLogLine(stage, pair.secondary, told(message), () => pair.promote(pair.secondary));
}

function stateChange(from: string, to: string): RegExp {
  return new RegExp(`"replication state changed".*"from":"${from}","to":"${to}"`);
}

/** The secondary's link is cut, and what is written meanwhile is more than the log keeps. */
async function leaveBehind({ pair }: Stage): Promise<void> {
  const { proxy } = pair.primary;
  await proxy.set({ up: "held", down: "held" });
  for (let n = 0; n < 10; n += 1) {
    const body = { data: { v: `${n}`.repeat(20_000) } };
    await pair.primary.admin("POST", `secret/data/large-${n}`, body);
  }
  proxy.reset();
  await proxy.clear();
}

async function modeOf(pair: ReplicaPair, cluster: FaultCluster): Promise<unknown> {
  return (await cluster.status(pair.mode)).mode;
}

/** A step before the one that matters: an operator tries again where it is refused for the moment. */
async function retried(what: string, call: () => Promise<unknown>): Promise<void> {
  await eventually(what, () => call().then(() => true));
}

/** `pair.secondary` becomes the primary, from wherever an interrupted failover has left the two. */
async function completeExchange({ pair }: Stage): Promise<void> {
  const [old, next] = [pair.primary, pair.secondary];
  if ((await modeOf(pair, next)) !== "primary") {
    if ((await modeOf(pair, old)) === "primary") await pair.demote(old, next.name);
    await pair.promote(next);
  }
  pair.exchange();
}

/** The secondary follows the primary, whatever it was before. */
async function completeReturn({ pair }: Stage): Promise<void> {
  const { secondary } = pair;
  if ((await modeOf(pair, secondary)) === "primary") await pair.demote(secondary);
  if ((await pair.difference()) !== undefined) await pair.updatePrimary();
}

async function completeFailover(stage: Stage): Promise<void> {
  const { pair } = stage;
  if ((await modeOf(pair, pair.primary)) !== "primary" || (await modeOf(pair, pair.secondary)) !== "secondary") {
    if ((await modeOf(pair, pair.secondary)) !== "primary") await completeExchange(stage);
    else pair.exchange();
  }
  await completeReturn(stage);
}

async function completeBootstrap({ pair }: Stage): Promise<void> {
  if ((await modeOf(pair, pair.secondary)) !== "disabled") return;
  // The primary waits for the word of a member that left: the operator says that it is one no more.
  if ((await pair.primary.status(pair.mode)).state === "unconfirmed") await revoke(pair);
  await pair.enableSecondary();
}

async function disableSecondary({ pair }: Stage): Promise<void> {
  if ((await modeOf(pair, pair.secondary)) !== "disabled") await pair.onSecondary(pair.secondary, "disable");
}

/** Disabled, and the primary has noticed: it gives no new token to a name that is connected. */
async function leave(stage: Stage): Promise<void> {
  const { pair } = stage;
  await retried("disabling", () => disableSecondary(stage));
  await eventually("the primary has noticed", async () => {
    const { secondaries } = await pair.primary.status(pair.mode);
    const known = secondaries as readonly { readonly connection_status: string }[];
    return known.every(({ connection_status }) => connection_status !== "connected");
  });
}

/** The primary is gone with everything shipped; the secondary is promoted; the old primary returns. */
async function failOver({ pair, ledger }: Stage, whilePromoting?: (call: () => Promise<void>) => Promise<void>) {
  await ledger.stop();
  await pair.settled();
  await pair.primary.server.stop("SIGKILL");
  const promote = () => pair.promote(pair.secondary, true);
  if (whilePromoting !== undefined) {
    await whilePromoting(promote);
    return;
  }
  await promote();
  pair.exchange();
  ledger.start();
}

const STREAM: readonly Transition[] = [
  {
    name: "idle -> stream-wals",
    modes: BOTH,
    bringAbout: (stage) =>
      atLogLine(
        stage,
        stage.pair.secondary,
        stateChange("idle", "stream-wals"),
        () => void stage.pair.primary.proxy.reset() as undefined,
      ),
  },
  {
    name: "stream-wals -> idle",
    modes: BOTH,
    bringAbout: (stage) =>
      atLogLine(
        stage,
        stage.pair.secondary,
        stateChange("stream-wals", "idle"),
        () => void stage.pair.primary.proxy.reset() as undefined,
      ),
  },
  {
    name: "idle -> merkle-diff",
    modes: BOTH,
    bringAbout: (stage) =>
      atLogLine(stage, stage.pair.secondary, stateChange("idle", "merkle-diff"), () => leaveBehind(stage)),
  },
  {
    name: "merkle-diff -> merkle-sync",
    modes: BOTH,
    bringAbout: (stage) =>
      atLogLine(stage, stage.pair.secondary, stateChange("merkle-diff", "merkle-sync"), () => leaveBehind(stage)),
  },
  {
    name: "merkle-sync -> stream-wals",
    modes: BOTH,
    bringAbout: (stage) =>
      atLogLine(stage, stage.pair.secondary, stateChange("merkle-sync", "stream-wals"), () => leaveBehind(stage)),
  },
];

const BUILD: readonly Transition[] = [
  {
    name: "disable secondary",
    modes: BOTH,
    bringAbout: (stage) =>
      atCall(stage, stage.pair.secondary, told("replication disabled"), () => disableSecondary(stage)),
    finish: async (stage) => {
      await disableSecondary(stage);
      await completeBootstrap(stage);
    },
  },
  {
    name: "enable secondary",
    modes: BOTH,
    bringAbout: async (stage) => {
      await leave(stage);
      await atCall(stage, stage.pair.secondary, told("bootstrap begins"), () => stage.pair.enableSecondary());
    },
    finish: completeBootstrap,
  },
  {
    name: "bootstrapping",
    modes: BOTH,
    bringAbout: async (stage) => {
      await leave(stage);
      const { pair } = stage;
      await atLogLine(stage, pair.primary, /secondary fetched the bootstrap package/, () => pair.enableSecondary());
    },
    finish: completeBootstrap,
  },
  {
    name: "new generation activated",
    modes: BOTH,
    bringAbout: async (stage) => {
      await leave(stage);
      const { pair } = stage;
      await atLogLine(stage, pair.secondary, told("bootstrap activated"), () => pair.enableSecondary());
    },
    finish: completeBootstrap,
  },
];

const FAILOVER: readonly Transition[] = [
  {
    name: "demotion begins",
    modes: BOTH,
    bringAbout: (stage) => demotionAt(stage, "demotion begins"),
    finish: completeFailover,
  },
  {
    name: "demotion drained",
    modes: BOTH,
    bringAbout: (stage) => demotionAt(stage, "demotion drained"),
    finish: completeFailover,
  },
  {
    name: "demotion ended",
    modes: BOTH,
    bringAbout: (stage) => demotionAt(stage, "demotion ended"),
    finish: completeFailover,
  },
  {
    name: "promotion begins",
    modes: BOTH,
    bringAbout: (stage) => promotionAt(stage, "promotion begins"),
    finish: completeFailover,
  },
  {
    name: "promotion ended",
    modes: BOTH,
    bringAbout: (stage) => promotionAt(stage, "promotion ended"),
    finish: completeFailover,
  },
  {
    name: "update-primary",
    modes: BOTH,
    bringAbout: (stage) => atCall(stage, stage.pair.secondary, told("primary updated"), () => newAddress(stage.pair)),
    finish: completeReturn,
  },
  {
    name: "return of the demoted primary",
    modes: BOTH,
    bringAbout: async (stage) => {
      const { pair } = stage;
      await retried("the failover", () => completeExchange(stage));
      await atLogLine(stage, pair.secondary, stateChange("idle", "stream-wals"), () => pair.updatePrimary());
    },
    finish: completeReturn,
  },
  {
    name: "promotion without the primary",
    modes: BOTH,
    bringAbout: (stage) =>
      failOver(stage, async (promote) => {
        await atCall(stage, stage.pair.secondary, told("promotion begins"), promote);
        if (stage.victim === stage.pair.primary) await stage.victim.boot();
      }),
    finish: completeFailover,
  },
  {
    name: "running -> fenced",
    modes: BOTH,
    bringAbout: async (stage) => {
      await failOver(stage);
      const old = stage.pair.secondary;
      await atLogLine(stage, old, /this cluster was replaced as primary/, () => old.boot());
    },
    finish: completeReturn,
  },
];

const MEMBERSHIP: readonly Transition[] = [
  {
    name: "revoke secondary",
    modes: BOTH,
    bringAbout: (stage) => atCall(stage, stage.pair.primary, told("secondary revoked"), () => revoke(stage.pair)),
    finish: async (stage) => {
      const { pair } = stage;
      const { known_secondaries } = await pair.primary.status(pair.mode);
      if ((known_secondaries as readonly string[]).includes(pair.secondary.name)) await revoke(pair);
      await pair.updatePrimary();
    },
  },
  {
    name: "filter change",
    modes: ["performance"],
    bringAbout: (stage) => {
      const { primary, secondary } = stage.pair;
      const filter = { mode: "deny", paths: ["other/"] };
      return atCall(stage, primary, told("filter changed"), () =>
        primary.admin("POST", `${FILTERED}/${secondary.name}`, filter),
      );
    },
    finish: async ({ pair }) => {
      const path = `${FILTERED}/${pair.secondary.name}`;
      await pair.primary.admin("POST", path, { mode: "deny", paths: ["other/"] });
      await eventually("the filtered mount is gone", async () => !(await serves(pair.secondary, "other/data/x")));
      await pair.primary.admin("DELETE", path);
      await eventually("the mount is back", () => serves(pair.secondary, "other/data/x"));
    },
  },
];

const START: readonly Transition[] = [
  {
    name: "start",
    modes: BOTH,
    bringAbout: async ({ victim, random }) => {
      await victim.server.stop("SIGKILL");
      victim.server.launch();
      await pause(random.between(20, 350));
    },
  },
  {
    name: "unseal",
    modes: BOTH,
    bringAbout: async (stage) => {
      const { victim } = stage;
      await victim.server.stop("SIGKILL");
      await atLogLine(stage, victim, /"@message":"unsealed"/, () => void victim.server.launch() as undefined);
    },
  },
];

export const TRANSITIONS: readonly Transition[] = [...STREAM, ...BUILD, ...FAILOVER, ...MEMBERSHIP, ...START];

/** A secondary that is connected needs no new token to be told where its primary is. */
function newAddress(pair: ReplicaPair): Promise<void> {
  return pair.onSecondary(pair.secondary, "update-primary", { update_primary_addrs: [pair.primary.proxy.address] });
}

async function revoke(pair: ReplicaPair): Promise<void> {
  await pair.primary.admin("POST", `sys/replication/${pair.mode}/primary/revoke-secondary`, {
    id: pair.secondary.name,
  });
}

async function serves(cluster: FaultCluster, path: string): Promise<boolean> {
  const answer = await cluster.admin("GET", path).catch((error: Error) => {
    if (/: (403|404) /.test(error.message)) return undefined;
    throw error;
  });
  return answer !== undefined;
}
