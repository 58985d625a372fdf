import { filteredMount } from "./acts/filtered-mount";
import { forwarding } from "./acts/forwarding";
import { logins } from "./acts/logins";
import { movedPrimary } from "./acts/moved-primary";
import { nearestReplica } from "./acts/nearest-replica";
import { replicatedWrite } from "./acts/replicated-write";
import { standby } from "./acts/standby";
import type { Cdktf } from "./cdktf";
import { DemoFailure } from "./failure";
import type { DemoFolder } from "./folder";
import { setPrimary } from "./program";
import type { Report } from "./report";
import { performedSteps } from "./terraform-state";
import { type Act, PRIMARY, SECONDARIES, STANDBY, type World } from "./world";
import { Writer } from "./writer";

const ACTS: readonly Act[] = [replicatedWrite, logins, nearestReplica, forwarding, filteredMount, standby];

export interface Stage {
  readonly folder: DemoFolder;
  readonly cdktf: Cdktf;
  readonly report: Report;
}

/** Everything after the first deployment. */
export async function tellStory(stage: Stage, world: World): Promise<void> {
  const { report } = stage;
  await deployAgain(stage, "second cdktf deploy");
  await report.timed("acts", async () => {
    for (const act of ACTS) {
      report.say(act.title);
      for (const row of await act.play(world)) report.saw(row);
    }
  });
  const writer = new Writer(world, await world.token(PRIMARY));
  writer.start();
  try {
    await report.timed("failover", () => move(stage, world, writer, STANDBY, PRIMARY));
    await report.timed("failing back", () => move(stage, world, writer, PRIMARY, STANDBY));
  } finally {
    await writer.stop();
  }
  await report.timed("reading back", () => readBack(report, world, writer));
  await deployAgain(stage, "cdktf deploy after failing back");
}

async function deployAgain({ cdktf, report }: Stage, name: string): Promise<void> {
  report.say(name);
  const { unchanged } = await report.timed(name, () => cdktf.deploy());
  if (!unchanged) throw new DemoFailure(`${name} found something to change, although the program is the same`);
  report.saw({ act: name, seen: "no changes" });
}

/** A planned failover: one changed line, one deployment, while the writer goes on. */
async function move(
  { folder, cdktf, report }: Stage,
  world: World,
  writer: Writer,
  to: string,
  from: string,
): Promise<void> {
  report.say(`moving the primary from ${from} to ${to}, by one line of ${folder.program}:`);
  const line = await setPrimary(folder, to);
  report.detail(`${line.number} - ${line.before}`);
  report.detail(`${line.number} + ${line.after}`);
  const [began, before] = [performance.now(), writer.acknowledged];
  await cdktf.deploy();
  for (const [position, step] of (await performedSteps(folder)).entries())
    report.detail(`step ${position + 1}: ${step}`);
  for (const row of await movedPrimary(world, to, from)) report.saw(row);
  report.saw({
    act: `writer during the move to ${to}`,
    seen: `${writer.acknowledged - before} writes acknowledged, longest gap ${writer.longestGapMs(began).toFixed(0)} ms`,
  });
}

async function readBack(report: Report, world: World, writer: Writer): Promise<void> {
  report.say("reading every acknowledged write back");
  for (const name of [PRIMARY, ...SECONDARIES]) await writer.readBack(name, await world.token(name));
  report.saw({
    act: "acknowledged writes, all moves together",
    seen: `${writer.acknowledged} of ${writer.acknowledged} read back on ${[PRIMARY, ...SECONDARIES].join(", ")}`,
  });
}
