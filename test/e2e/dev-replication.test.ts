import { type ChildProcess, spawn } from "node:child_process";
import { resolve } from "node:path";
import { Api } from "../support/api";
import { eventually, freePorts } from "../support/server-process";

/** Two servers of dev mode, tried out by hand: the root token that both were started with goes on working on both. */
const started: ChildProcess[] = [];
afterAll(async () => {
  for (const child of started) {
    const ended = new Promise((settle) => child.once("exit", settle));
    child.kill("SIGKILL");
    await ended;
  }
});

async function start(): Promise<Api> {
  const port = await freePorts();
  const flags = ["-dev", "-dev-root-token-id=root", `-dev-listen-address=127.0.0.1:${port}`];
  const program = [resolve("server/bin/meridian-server"), ...flags];
  started.push(spawn(process.execPath, program, { stdio: "ignore" }));
  const api = new Api(`http://127.0.0.1:${port}`, "root");
  await eventually("it serves", async () => (await api.get("auth/token/lookup-self")).status === 200);
  return api;
}

it("on a performance secondary, as a token of its own", async () => {
  const [a, b] = [await start(), await start()];
  await a.must("POST", "sys/replication/performance/primary/enable");
  const wrap = await a.must("POST", "sys/replication/performance/primary/secondary-token", { id: "b" });
  const mine = await b.must("POST", "auth/token/create", { policies: ["root"] });
  await b.must("POST", "sys/replication/performance/secondary/enable", { token: wrap.wrap_info?.token });
  await eventually("b streams", async () => {
    const { body } = await b.get("sys/replication/performance/status");
    return body.data?.state === "stream-wals";
  });
  expect((await b.get("auth/token/lookup-self")).body.data?.policies).toEqual(["root"]);
  expect((await b.with(String(mine.auth?.client_token)).get("auth/token/lookup-self")).status).toBe(403);
  await a.must("POST", "secret/data/x", { data: { v: "from a" } });
  await eventually("b has it", async () => (await b.get("secret/data/x")).status === 200);
  await b.must("POST", "secret/data/y", { data: { v: "through b" } });
  expect((await a.get("secret/data/y")).status).toBe(200);
}, 30_000);
