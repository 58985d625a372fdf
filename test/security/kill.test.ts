import type { Api } from "../support/api";
import { eventually, ServerProcess } from "../support/server-process";

const ROUNDS = 6;
const WRITERS = 8;
const ROUND_MILLISECONDS = 400;

/** base64 of 32 bytes: the server opens itself after each kill. */
const SEAL_KEY = Buffer.alloc(32, 5).toString("base64");

let server: ServerProcess;
let root: Api;

beforeAll(async () => {
  server = await ServerProcess.start({ sealKey: SEAL_KEY });
  root = server.api.with((await server.initialize()).rootToken);
  await root.must("POST", "sys/mounts/secret", { type: "kv", options: { version: "2" } });
}, 60_000);

afterAll(async () => {
  root?.close();
  await server?.destroy();
});

interface Writer {
  readonly key: string;
  /** Last version that was acknowledged, and the last one that was sent: the truth lies between them. */
  acknowledged: number;
  sent: number;
}

/** Writes with check-and-set until the connection breaks. */
async function writeUntilBroken(writer: Writer, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    writer.sent = writer.acknowledged + 1;
    const body = { data: { n: writer.sent, filler: "x".repeat(200) }, options: { cas: writer.acknowledged } };
    const answer = await root.post(`secret/data/${writer.key}`, body).catch(() => undefined);
    if (answer === undefined) return;
    if (answer.status === 200) writer.acknowledged = Number(answer.body.data?.version);
    else if (answer.status < 500) throw new Error(`${answer.status} ${answer.text}`);
  }
}

/** Every version up to the acknowledged one is there, with its own value. */
async function check(writer: Writer): Promise<void> {
  const { body } = await root.get(`secret/metadata/${writer.key}`);
  const current = Number(body.data?.current_version ?? 0);
  expect(current).toBeGreaterThanOrEqual(writer.acknowledged);
  expect(current).toBeLessThanOrEqual(writer.sent);
  const latest = await root.get(`secret/data/${writer.key}`);
  expect((latest.body.data?.data as { n: number } | undefined)?.n).toBe(current);
  writer.acknowledged = current;
}

test(`killed ${ROUNDS} times under load, no acknowledged write is lost`, async () => {
  const writers = Array.from(
    { length: WRITERS },
    (_, at): Writer => ({ key: `writer-${at}`, acknowledged: 0, sent: 0 }),
  );
  for (let round = 0; round < ROUNDS; round += 1) {
    let over = false;
    const before = writers.map((writer) => writer.acknowledged);
    const writing = writers.map((writer) => writeUntilBroken(writer, () => over));
    await new Promise((settle) => setTimeout(settle, ROUND_MILLISECONDS + round * 37));
    // On a slow machine a round lasts until every writer had an answer: a kill without load would show nothing.
    await eventually("every writer had an answer", async () =>
      writers.every((writer, at) => writer.acknowledged > (before[at] ?? 0)),
    );
    await server.stop("SIGKILL");
    over = true;
    await Promise.all(writing);
    await server.boot();
    for (const writer of writers) await check(writer);
  }
  const total = writers.reduce((sum, writer) => sum + writer.acknowledged, 0);
  expect(total).toBeGreaterThan(ROUNDS * WRITERS);
}, 60_000);
