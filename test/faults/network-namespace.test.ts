import { randomBytes } from "node:crypto";
import type { Api } from "../support/api";
import { eventually, ServerProcess } from "../support/server-process";
import { NamespacePair, whyNoNamespaces } from "./network-namespace";

/** Two real servers in two network namespaces: the kernel itself drops what travels between them. */
const hindrance = whyNoNamespaces();
if (hindrance !== undefined) process.stdout.write(`skipped, no network namespaces here: ${hindrance}\n`);
const describeWhereAllowed = hindrance === undefined ? describe : describe.skip;

describeWhereAllowed("with the cable between two namespaces pulled", () => {
  let net: NamespacePair;
  let a: ServerProcess;
  let b: ServerProcess;
  let root: Api;

  beforeAll(async () => {
    net = NamespacePair.make();
    [a, b] = [await start(0, "a"), await start(1, "b")];
    const [first, second] = [await a.initialize(), await b.initialize()];
    root = a.api.with(first.rootToken);
    await root.must("POST", "sys/mounts/secret", { type: "kv", options: { version: "2" } });
    await root.must("POST", "sys/replication/dr/primary/enable");
    const wrapped = await root.must("POST", "sys/replication/dr/primary/secondary-token", { id: "b" });
    await b.api.with(second.rootToken).must("POST", "sys/replication/dr/secondary/enable", {
      token: String(wrapped.wrap_info?.token),
      primary_api_addr: `http://${net.inner[0]}:8200`,
    });
    await eventually("b is equal", isEqual);
  }, 60_000);

  afterAll(async () => {
    root?.close();
    for (const server of [a, b]) await server?.destroy();
    net?.remove();
  });

  function start(at: 0 | 1, name: string): Promise<ServerProcess> {
    return ServerProcess.start({
      name,
      host: net.outer[at],
      port: 8200,
      command: net.enter(at),
      sealKey: randomBytes(32).toString("base64"),
      configuration: {
        listener: [{ tcp: { address: "0.0.0.0:8200", cluster_address: `${net.inner[at]}:8201`, tls_disable: true } }],
        api_addr: `http://${net.inner[at]}:8200`,
        cluster_addr: `https://${net.inner[at]}:8201`,
        replication: { fencing_lease: "12s" },
      },
    });
  }

  async function status(server: ServerProcess): Promise<Record<string, unknown>> {
    return (await server.api.get("sys/replication/dr/status")).body.data ?? {};
  }

  async function isEqual(): Promise<boolean> {
    const [ours, theirs] = [await status(a), await status(b)];
    return theirs.state === "stream-wals" && theirs.merkle_root === ours.merkle_root;
  }

  const write = (value: string): Promise<number> =>
    root.post("secret/data/x", { data: { v: value } }).then((answer) => answer.status);

  it("a short cut is not noticed: what was on its way arrives", async () => {
    net.cable("down");
    for (let n = 0; n < 10; n += 1) expect(await write(`during ${n}`)).toBe(200);
    expect(await isEqual()).toBe(false);
    net.cable("up");
    await eventually("b is equal", isEqual, 30_000);
  }, 60_000);

  it("a long one stops the writes of a primary that nobody can confirm, and both come back by themselves", async () => {
    net.cable("down");
    await eventually("writes wait", async () => (await write("unconfirmed")) === 503, 60_000);
    expect((await root.get("secret/data/x")).status).toBe(200);
    await eventually("b has noticed", async () => (await status(b)).state === "idle", 60_000);
    net.cable("up");
    await eventually("writes go on", async () => (await write("after")) === 200, 60_000);
    await eventually("b is equal", isEqual, 30_000);
  }, 150_000);
});
