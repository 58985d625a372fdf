import type { FaultCluster } from "./fault-cluster";
import { faultSeed } from "./fault-run";
import { FourClusters, type Parts } from "./four-clusters";

/** Every single failure of the four-cluster arrangement, one after the other on the same four servers. */
const seed = faultSeed();
let four: FourClusters;
let written = 0;

beforeAll(async () => {
  four = await FourClusters.start(seed);
}, 120_000);

afterAll(() => four?.destroy());

/** Through the cluster: it answers for the set whatever part it plays. */
async function write(cluster: FaultCluster): Promise<void> {
  written += 1;
  await cluster.admin("POST", "secret/data/counter", { data: { n: written } });
}

async function read(cluster: FaultCluster): Promise<unknown> {
  const answer = await cluster.admin("GET", "secret/data/counter");
  return (answer.data?.data as { readonly n?: unknown } | undefined)?.n;
}

/** A client's token and a child of it, as they were before a failure. */
async function clientOf(cluster: FaultCluster): Promise<{ readonly token: string; readonly child: string }> {
  const token = await cluster.login();
  const created = await cluster.api.must("POST", "auth/token/create", { ttl: "20m" }, { token });
  return { token, child: String(created.auth?.client_token) };
}

/** Both work on the promoted cluster, are renewed there, and end there: the child with its parent. */
async function tokensLiveOn(cluster: FaultCluster, client: { readonly token: string; readonly child: string }) {
  for (const token of [client.token, client.child]) {
    const renewed = await cluster.api.must("POST", "auth/token/renew-self", {}, { token });
    expect(Number(renewed.auth?.lease_duration)).toBeGreaterThan(0);
  }
  await cluster.api.must("POST", "auth/token/revoke-self", {}, { token: client.token });
  for (const token of [client.token, client.child]) {
    expect((await cluster.api.get("auth/token/lookup-self", { token })).status).toBe(403);
  }
}

it.each(["primary", "primaryDr", "secondary", "secondaryDr"] as const)(
  "the %s is killed and returns: the others go on, and it catches up by itself",
  async (part: keyof Parts) => {
    const { primary, secondary } = four.parts;
    const lost = four.parts[part];
    await write(secondary);
    await four.settled();
    await lost.server.stop("SIGKILL");
    if (lost !== primary) await write(primary);
    if (lost !== primary && lost !== secondary) {
      await write(secondary);
      expect(await read(secondary)).toBe(written);
    }
    // Reads and logins need nobody else.
    if (lost === primary) expect(await read(secondary)).toBe(written);
    if (lost === primary) await secondary.login();
    await lost.boot();
    await four.settled();
    await write(secondary);
    expect(await read(primary)).toBe(written);
  },
  90_000,
);

it("clients of the performance secondary's DR secondary write to the set's primary, over both", async () => {
  const { primary, secondary, secondaryDr } = four.parts;
  const { token } = await clientOf(secondary);
  await secondaryDr.api.with(token).must("POST", "secret/data/far", { data: { v: "far" } });
  const far = await primary.admin("GET", "secret/data/far");
  expect(far.data?.data).toEqual({ v: "far" });
  const near = await secondaryDr.api.with(token).must("GET", "secret/data/far");
  expect(near.data?.data).toEqual({ v: "far" });
}, 90_000);

it("the performance secondary is lost: its DR secondary takes its place in the set", async () => {
  const { primary, secondary: lost, secondaryDr: next } = four.parts;
  const client = await clientOf(lost);
  await four.settled();
  await lost.server.stop("SIGKILL");
  await write(primary);
  await four.onDr(next, "promote", { force: true });
  await four.until("it serves the set's data", async () => (await read(next)) === written);
  expect((await next.status("performance")).mode).toBe("secondary");
  await write(next);
  expect(await read(primary)).toBe(written);
  await tokensLiveOn(next, client);
  await lost.boot();
  await four.returnAsDr(lost, next);
  Object.assign(four.parts, { secondary: next, secondaryDr: lost });
  await four.settled();
}, 90_000);

it("the primary is lost: its DR secondary takes over, and both others follow it", async () => {
  const { primary: lost, primaryDr: next, secondary } = four.parts;
  const client = await clientOf(lost);
  await four.settled();
  await lost.server.stop("SIGKILL");
  await four.onDr(next, "promote", { force: true });
  Object.assign(four.parts, { primary: next, primaryDr: lost });
  await write(next);
  await four.until("the performance secondary follows", async () => (await read(secondary)) === written);
  await four.until("it forwards", () => write(secondary).then(() => true));
  expect(await read(next)).toBe(written);
  await tokensLiveOn(next, client);
  await lost.boot();
  await four.returnAsDr(lost, next);
  await four.settled();
}, 90_000);
