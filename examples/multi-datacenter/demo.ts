import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { Cdktf } from "./demo/cdktf";
import { DemoFailure } from "./demo/failure";
import { type DemoFolder, demoFolder } from "./demo/folder";
import { Interruption } from "./demo/interruption";
import { keptText } from "./demo/kept";
import { clearFolder, keepLogs, lockFolder, runningServers, stopServers, unlockFolder } from "./demo/leftovers";
import { copyProgram } from "./demo/program";
import { writeMirror } from "./demo/provider-mirror";
import { Report } from "./demo/report";
import { type Stage, tellStory } from "./demo/story";
import { requireTerraform } from "./demo/terraform";
import { hasDeployment } from "./demo/terraform-state";
import { World } from "./demo/world";

const USAGE = `npm run demo              deploys four clusters, walks through the story, destroys them
npm run demo -- --keep    leaves them running and says how to log in
npm run demo -- --down    destroys what --keep left running
`;

const PASSWORD_BYTES = 18;

/** Fresh for every run; it exists in this process, in Terraform's environment and, as a hash, in the clusters. */
function makeStage(folder: DemoFolder, password: string): Stage {
  const report = new Report((text) => process.stdout.write(text));
  return { folder, report, cdktf: new Cdktf(folder, password, (line) => report.detail(line)) };
}

/** Writes what terraform needs; also before destroying, in case the provider was built anew since. */
async function prepare({ folder, cdktf }: Stage, keepProgram: boolean): Promise<void> {
  await rm(`${folder.path}/cdktf.out`, { recursive: true, force: true });
  await writeMirror(folder);
  if (!keepProgram) await copyProgram(folder);
  await cdktf.configure();
}

/** Destroys through terraform; what it does not know of is stopped as well, so that nothing is left running. */
async function takeDown(stage: Stage): Promise<void> {
  const { folder, report, cdktf } = stage;
  let failure: unknown;
  // Without a server (the machine was restarted) there is nobody whom terraform could ask.
  if ((await hasDeployment(folder)) && (await runningServers(folder)).size > 0) {
    report.say("cdktf destroy");
    await report
      .timed("cdktf destroy", () => cdktf.destroy())
      .catch((error: unknown) => {
        failure = error;
      });
  }
  const stopped = await stopServers(folder);
  if (stopped.length > 0) report.detail(`stopped the servers of ${stopped.join(", ")}`);
  if (failure !== undefined) throw failure;
}

async function removeEarlierRun(stage: Stage): Promise<void> {
  const { folder, report } = stage;
  const isDeployed = await hasDeployment(folder);
  if (isDeployed || (await runningServers(folder)).size > 0) {
    report.say("an earlier run is still there: destroying it first");
    if (isDeployed) await prepare(stage, true);
    await takeDown(stage).catch((error: unknown) => report.detail(String(error)));
  }
  await clearFolder(folder);
}

async function deployFirst(stage: Stage): Promise<void> {
  const { report, folder } = stage;
  report.say(`writing the program and a mirror with the provider to ${folder.path}`);
  await report.timed("preparation", () => prepare(stage, false));
  report.say("cdktf deploy");
  await report.timed("first cdktf deploy", () => stage.cdktf.deploy());
  report.saw({
    act: "cdktf deploy",
    seen: "dc-a primary, dc-b and cloud performance secondaries, dc-a-dr DR secondary",
  });
}

async function play(stage: Stage, password: string): Promise<void> {
  await deployFirst(stage);
  const world = await World.of(stage.folder, password);
  try {
    await tellStory(stage, world);
  } finally {
    world.close();
  }
}

async function down(stage: Stage): Promise<void> {
  if (!(await hasDeployment(stage.folder))) stage.report.say(`nothing is deployed in ${stage.folder.path}`);
  else await prepare(stage, true);
  await takeDown(stage);
  await clearFolder(stage.folder);
}

async function demo(stage: Stage, password: string, keep: boolean): Promise<void> {
  const { report, folder } = stage;
  await removeEarlierRun(stage);
  const interruption = new Interruption();
  try {
    await interruption.orEndOf(play(stage, password));
  } catch (error) {
    if (interruption.happened) {
      report.say("stopping; once more, and everything is left as it is");
      await stage.cdktf.interrupt();
    }
    report.say(`keeping the servers' logs in ${await keepLogs(folder)}`);
    await takeDown(stage).catch((second: unknown) => report.detail(String(second)));
    await unlockFolder(folder);
    fail(error);
  }
  if (!keep) {
    await takeDown(stage);
    await clearFolder(folder);
  }
  report.line();
  report.line(report.summary());
  if (keep) report.line(await keptText(folder, password));
}

async function main(): Promise<void> {
  const flags = process.argv.slice(2);
  const unknown = flags.find((flag) => !["--keep", "--down"].includes(flag));
  if (unknown !== undefined) throw new DemoFailure(`there is no flag ${unknown}:\n${USAGE}`);
  const folder = demoFolder(process.env);
  const password = randomBytes(PASSWORD_BYTES).toString("base64url");
  const stage = makeStage(folder, password);
  await requireTerraform();
  await lockFolder(folder);
  try {
    if (flags.includes("--down")) await down(stage);
    else await demo(stage, password, flags.includes("--keep"));
  } finally {
    await unlockFolder(folder);
  }
}

/** Ends the process, with what may still wait in it. */
function fail(error: unknown): never {
  const reason = error instanceof DemoFailure ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`\nThe demo failed: ${reason}\n`);
  process.exit(1);
}

main().catch(fail);
