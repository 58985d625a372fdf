import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { MeridianSession } from "../../src/client/session";
import { ensureNode, type NodeWish, observeNode } from "../../src/nodes/local-node";
import { runningPid, stopProcess } from "../../src/nodes/node-process";
import { OperatorStore } from "../../src/operator/operator-store";
import { node } from "../../src/resources/node";

jest.setTimeout(60_000);

const DAY_MS = 24 * 3600 * 1000;
const silent = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };
const caller = { signal: new AbortController().signal, log: silent };

const session = new MeridianSession({
  clusters: new Map(),
  operator: new OperatorStore({ path: join(tmpdir(), "no-operator.json"), explicit: true, ephemeralMachine: false }),
  credentials: { token: undefined, login: undefined, environmentToken: undefined },
  nowMs: Date.now,
});

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "node-"));
});
afterEach(async () => {
  await stopProcess(directory, caller.signal);
  await rm(directory, { recursive: true, force: true });
});

const wish = (changed: Partial<NodeWish> = {}): NodeWish => ({
  name: "mine",
  directory,
  address: "127.0.0.1",
  apiPort: undefined,
  clusterPort: undefined,
  storage: "inmem",
  seal: "shamir",
  logLevel: "info",
  tlsNames: [],
  settingsJson: null,
  serverExecutable: resolve("server/bin/meridian-server"),
  ...changed,
});

test("destroying a node whose directory belongs to another one stops nothing and deletes nothing", async () => {
  const { pid } = await ensureNode(wish(), new Date(), caller);
  const state = {
    name: "other",
    directory,
    address: "127.0.0.1",
    api_port: 1,
    cluster_port: 2,
    storage: "inmem",
    seal: "shamir",
    log_level: "info",
    tls_names: null,
    settings_json: null,
    server_executable: null,
    delete_data: true,
    id: "other",
    api_address: "",
    cluster_address: "",
    ca_cert_pem: "",
    pid: null,
    running: false,
    timeouts: null,
  };
  await node.delete({ state, private: Buffer.alloc(0), ...caller, session });
  expect(await runningPid(directory)).toBe(pid);
  expect((await stat(join(directory, "node.json"))).isFile()).toBe(true);
});

test("a run that was killed before the process had the new settings is finished by the next one", async () => {
  const before = await ensureNode(wish(), new Date(), caller);
  // As far as a killed run comes that is stopped before the process had time to end.
  const killed = new AbortController();
  killed.abort();
  await expect(
    ensureNode(wish({ logLevel: "debug" }), new Date(), { ...caller, signal: killed.signal }),
  ).rejects.toThrow();
  expect((await observeNode(directory, new Date()))?.asWished).toBe(false);
  const after = await ensureNode(wish({ logLevel: "debug" }), new Date(), caller);
  expect(after.pid).not.toBe(before.pid);
  expect(await readFile(join(directory, "config.json"), "utf8")).toContain('"debug"');
  expect((await observeNode(directory, new Date()))?.asWished).toBe(true);
  expect((await ensureNode(wish({ logLevel: "debug" }), new Date(), caller)).pid).toBe(after.pid);
});

test("another executable takes the place of the one that runs", async () => {
  const before = await ensureNode(wish(), new Date(), caller);
  const copy = join(directory, "another-server");
  await writeFile(copy, `#!/bin/sh\nexec ${resolve("server/bin/meridian-server")} "$@"\n`, { mode: 0o700 });
  const after = await ensureNode(wish({ serverExecutable: copy }), new Date(), caller);
  expect(after.pid).not.toBe(before.pid);
});

test("a certificate near its end shows in a plan and is renewed by the apply", async () => {
  const before = await ensureNode(wish(), new Date(Date.now() - 375 * DAY_MS), caller);
  expect((await observeNode(directory, new Date()))?.asWished).toBe(false);
  const after = await ensureNode(wish(), new Date(), caller);
  expect(after.pid).not.toBe(before.pid);
  expect((await observeNode(directory, new Date()))?.asWished).toBe(true);
});

test("a damaged certificate shows in a plan and is replaced by the apply", async () => {
  await ensureNode(wish(), new Date(), caller);
  await writeFile(join(directory, "tls", "server.pem"), "");
  expect((await observeNode(directory, new Date()))?.asWished).toBe(false);
  expect((await ensureNode(wish(), new Date(), caller)).asWished).toBe(true);
});

test("a damaged record is named", async () => {
  await writeFile(join(directory, "node.json"), '{"name": "secret-text');
  const message = await observeNode(directory, new Date()).then(String, (error: Error) => error.message);
  expect(message).toContain(join(directory, "node.json"));
  expect(message).not.toContain("secret-text");
});
