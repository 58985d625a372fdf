import type { Api, ApiAnswer } from "../support/api";
import { ReplicationSet, type SetMember } from "../support/replication-set";
import { eventually } from "../support/server-process";

/** The published runbook of a planned failover of a cluster that is primary in both modes, call by call, there and back. */
let set: ReplicationSet;

beforeAll(async () => {
  set = await ReplicationSet.start((root) =>
    root.must("POST", "sys/mounts/secret", { type: "kv" }).then(() => undefined),
  );
}, 90_000);

afterAll(() => set?.destroy());

const P = "sys/replication/performance";
const D = "sys/replication/dr";

/** The tokens of the set's DR primary are those of its DR secondary. */
function rootOn(name: SetMember): Api {
  return set.servers[name].api.with(set.root.token ?? "");
}

function warned(answer: ApiAnswer): void {
  expect([answer.status, answer.body.data, answer.body.warnings?.length]).toEqual([200, null, 1]);
}

async function failOver(from: "a" | "d", to: "a" | "d", key: string): Promise<void> {
  const dr_operation_token = await operationToken(from);
  await eventually("the DR secondary holds everything", async () => {
    const [primary, secondary] = [await set.status(from, "dr"), await set.status(to, "dr")];
    const isLevel = primary.last_dr_wal === secondary.last_remote_wal;
    return secondary.state === "stream-wals" && isLevel && primary.merkle_root === secondary.merkle_root;
  });
  warned(await rootOn(from).post(`${P}/primary/demote`));
  warned(await rootOn(from).post(`${D}/primary/demote`));
  await eventually("the promotion", async () => {
    const answer = await set.servers[to].api.post(`${D}/secondary/promote`, { dr_operation_token });
    if (answer.status === 200) warned(answer);
    return answer.status === 200;
  });
  expect(await set.status(to, "dr")).toMatchObject({ mode: "primary", state: "running" });
  expect(await set.status(to, "performance")).toMatchObject({ mode: "secondary", state: "idle" });
  warned(await rootOn(to).post(`${P}/secondary/promote`));
  expect(await set.status(to, "performance")).toMatchObject({ mode: "primary", state: "running" });
  await rootOn(to).must("POST", `secret/${key}`, { v: key });
  // The old primary comes back with a token of the new one.
  const wrap = await rootOn(to).must("POST", `${D}/primary/secondary-token`, { id: `dr-of-${to}` });
  const update = { dr_operation_token, token: wrap.wrap_info?.token, primary_api_addr: set.servers[to].api.address };
  warned(await set.servers[from].api.post(`${D}/secondary/update-primary`, update));
  await eventually("the old primary follows", async () => (await set.status(from, "dr")).state === "stream-wals");
  expect((await set.status(from, "dr")).known_primary_cluster_addrs).toContain(set.servers[to].clusterAddress);
  expect(await set.status(from, "performance")).toEqual({ mode: "disabled" });
}

async function operationToken(from: SetMember): Promise<string> {
  const body = { policies: ["dr-operator"], ttl: "1h" };
  const made = await rootOn(from).must("POST", "auth/token/create/dr-operator", body);
  return String(made.auth?.client_token);
}

/** A performance secondary is told where its set's primary is now, with the credentials that it has. */
async function follows(onB: Api, primary: "a" | "d", key: string): Promise<void> {
  const update_primary_addrs = ["127.0.0.1:9", set.servers[primary].clusterAddress];
  warned(await onB.post(`${P}/secondary/update-primary`, { update_primary_addrs }));
  await eventually("b follows", async () => {
    const { state, primaries } = await set.status("b", "performance");
    const [peer] = primaries as readonly Record<string, unknown>[];
    return state === "stream-wals" && peer?.connection_status === "connected";
  });
  expect((await onB.get(`secret/${key}`)).body.data).toEqual({ v: key });
  expect((await set.status("b", "performance")).primary_cluster_addr).toBe(set.servers[primary].clusterAddress);
}

it("performance demoted, then DR, the DR secondary promoted in both, and the same way back", async () => {
  const onB = await set.operator("b");
  const before = await set.root.must("POST", "auth/token/create", { policies: ["everything"], ttl: "1h" });
  const token = String(before.auth?.client_token);
  const ids = { dr: (await set.status("a", "dr")).cluster_id, pr: (await set.status("a", "performance")).cluster_id };
  await failOver("a", "d", "first");
  expect((await set.servers.d.api.with(token).get("secret/first")).status).toBe(200);
  await follows(onB, "d", "first");
  await failOver("d", "a", "second");
  expect((await set.servers.a.api.with(token).get("secret/first")).status).toBe(200);
  await follows(onB, "a", "second");
  expect(await set.status("a", "dr")).toMatchObject({ cluster_id: ids.dr });
  expect(await set.status("a", "performance")).toMatchObject({ cluster_id: ids.pr, known_secondaries: ["b"] });
}, 60_000);
