import { eventually } from "../support/server-process";
import type { FaultCluster } from "./fault-cluster";
import { completeExchange, completeFailover, completeReturn, modeOf, retried } from "./pair-failover";
import type { ReplicaPair } from "./replica-pair";
import { STREAM } from "./stream-transitions";
import { atCall, atLogLine, BOTH, pause, type Stage, stateChange, type Transition, told } from "./transition";

const FILTERED = "sys/replication/performance/primary/paths-filter";

function demotionAt(stage: Stage, message: string): Promise<void> {
  const { primary, secondary } = stage.pair;
  return atLogLine(stage, primary, told(message), () => stage.pair.demote(primary, secondary.name));
}

async function promotionAt(stage: Stage, message: string): Promise<void> {
  const { pair } = stage;
  await retried("the demotion", () => pair.demote(pair.primary, pair.secondary.name));
  await atLogLine(stage, pair.secondary, told(message), () => pair.promote(pair.secondary));
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

/** A primary that was restarted acknowledges nothing before its secondary has confirmed that it is still the primary. */
async function restartedPrimary(stage: Stage, pattern: RegExp): Promise<void> {
  const { primary } = stage.pair;
  await primary.server.stop("SIGKILL");
  await atLogLine(stage, primary, pattern, () => void primary.server.launch() as undefined);
}

const CONFIRMATION: readonly Transition[] = [
  {
    name: "running -> unconfirmed",
    modes: BOTH,
    bringAbout: (stage) => restartedPrimary(stage, /"@message":"writes wait until a secondary confirms/),
  },
  {
    name: "unconfirmed -> running",
    modes: BOTH,
    bringAbout: (stage) => restartedPrimary(stage, told("writes are acknowledged again")),
  },
];

export const TRANSITIONS: readonly Transition[] = [
  ...STREAM,
  ...BUILD,
  ...FAILOVER,
  ...MEMBERSHIP,
  ...START,
  ...CONFIRMATION,
];

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
