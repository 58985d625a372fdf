import { atLogLine, BOTH, leaveBehind, outrun, type Stage, stateChange, type Transition } from "./transition";

/** The link is so slow that the state lasts, and breaks in it. */
async function brokenIn(stage: Stage, state: "merkle-diff" | "merkle-sync"): Promise<void> {
  const { pair } = stage;
  const { proxy } = pair.primary;
  const entered = pair.secondary.logged(new RegExp(`"replication state changed".*"to":"${state}"`));
  const breaking = async (): Promise<void> => {
    await leaveBehind(stage);
    await proxy.set({ bytesPerSecond: 20_000, delayMilliseconds: 20 });
    await entered.line;
    proxy.reset();
  };
  try {
    await atLogLine(stage, pair.secondary, stateChange(state, "idle"), breaking);
  } finally {
    await proxy.clear();
  }
}

const REACHED: readonly Transition[] = [
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
    name: "stream-wals -> merkle-diff",
    modes: BOTH,
    bringAbout: (stage) =>
      atLogLine(stage, stage.pair.secondary, stateChange("stream-wals", "merkle-diff"), () => outrun(stage)),
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

const BROKEN: readonly Transition[] = (["merkle-diff", "merkle-sync"] as const).map((state) => ({
  name: `${state} -> idle`,
  modes: BOTH,
  bringAbout: (stage) => brokenIn(stage, state),
}));

/** What a secondary does, from one state to the next. */
export const STREAM: readonly Transition[] = [...REACHED, ...BROKEN];
