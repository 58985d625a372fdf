import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { seededRandom } from "../../server/sdk/testing/seeded-random";
import { openLmdbStorage } from "../../server/storage/lmdb";
import { acknowledgedIn, findLoss } from "./durability-check";
import { chooseSeed, openWorkshop, type Workshop } from "./durability-programme";
import { VolatileFile } from "./power-loss";
import { parseTrace, straceOptions, type TraceStep } from "./power-trace";

const FAILURES = Number(process.env.MERIDIAN_POWER_FAILURES ?? 300);
const COMMITTERS = 4;
const COMMITS = 40;

let workshop: Workshop;
let steps: readonly TraceStep[];
let seed: number;

beforeAll(() => {
  workshop = openWorkshop();
  seed = chooseSeed("power");
  steps = parseTrace(record(), (path) => path.endsWith("/data.mdb"));
}, 120_000);
afterAll(() => workshop.remove());

/** Runs the writer under strace, which sees every write and sync of its threads in order. */
function record(): string {
  const trace = join(workshop.directory, "trace");
  const writer = [workshop.programme("durability-writer"), join(workshop.directory, "traced"), String(seed)];
  const command = [...straceOptions, "-o", trace, process.execPath, ...writer, String(COMMITTERS), String(COMMITS)];
  const result = spawnSync("strace", command, { env: workshop.environment, encoding: "utf8" });
  if (result.error !== undefined || result.status !== 0) {
    const reason = result.error?.message ?? `${result.signal ?? result.status}: ${result.stderr.slice(-500)}`;
    throw new Error(`this test needs strace and the permission to trace (${reason}); apt-get install strace`);
  }
  return readFileSync(trace, "utf8");
}

interface Failure {
  readonly image: Buffer;
  readonly acknowledged: Map<number, number>;
  readonly afterSteps: number;
}

/** Power failures at random steps after the storage was open for the first time, in the order of time. */
function* powerFailures(count: number, honestSyncs: number, randomSeed: number): Generator<Failure> {
  const random = seededRandom(randomSeed);
  const firstStep = steps.findIndex((step) => step.kind === "output" && step.text === "ready\n");
  const moments = Array.from({ length: count }, () => firstStep + random.integerBelow(steps.length - firstStep) + 1);
  moments.sort((a, b) => a - b);
  const file = new VolatileFile(honestSyncs);
  let output = "";
  let done = 0;
  for (const moment of moments) {
    for (const step of steps.slice(done, moment)) {
      file.apply(step);
      if (step.kind === "output") output += step.text;
    }
    done = moment;
    yield { image: file.afterPowerFailure(random), acknowledged: acknowledgedIn(output), afterSteps: moment };
  }
}

function restore(name: string, image: Buffer): string {
  const directory = join(workshop.directory, name);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "data.mdb"), image);
  return directory;
}

test("the recording is complete: replayed to its end it is the file", () => {
  const file = new VolatileFile();
  for (const step of steps) file.apply(step);
  const image = file.afterPowerFailure(seededRandom(seed));
  expect(image.equals(readFileSync(join(workshop.directory, "traced", "data.mdb")))).toBe(true);
  const output = steps.map((step) => (step.kind === "output" ? step.text : "")).join("");
  expect([...acknowledgedIn(output).values()]).toEqual(Array.from({ length: COMMITTERS }, () => COMMITS));
});

test("after a power failure at any moment the storage opens and holds every acknowledged commit, whole", async () => {
  let number = 0;
  for (const { image, acknowledged, afterSteps } of powerFailures(FAILURES, Number.POSITIVE_INFINITY, seed)) {
    const directory = restore(`honest-${number++}`, image);
    const storage = await openLmdbStorage({ directory });
    const loss = await findLoss(storage, acknowledged);
    if (loss === undefined) {
      // It also goes on from there.
      await storage.commit({ preconditions: [], puts: [{ key: "after", value: Buffer.from("x") }], deletes: [] });
    }
    await storage.close();
    expect([`seed ${seed}, step ${afterSteps}`, loss]).toEqual([`seed ${seed}, step ${afterSteps}`, undefined]);
  }
  expect(number).toBe(FAILURES);
}, 180_000);

test("a disk that stops to sync although it says so is found out", () => {
  const halfOfSyncs = Math.floor(steps.filter((step) => step.kind === "sync-end").length / 2);
  const reader = workshop.programme("durability-reader");
  let number = 0;
  for (const { image, acknowledged } of powerFailures(20, halfOfSyncs, seed)) {
    const directory = restore(`lying-${number++}`, image);
    const result = spawnSync(process.execPath, [reader, directory, JSON.stringify([...acknowledged])], {
      env: workshop.environment,
      stdio: "ignore",
    });
    if (result.status !== 0) return;
  }
  throw new Error("twenty power failures of such a disk lost nothing: the test is blind");
}, 120_000);
