import type { LeaseSource } from "../../sdk/lease";
import type { LeaseGrant } from "../../sdk/outcome";
import { tokenFacts } from "../../sdk/testing/call-path";
import { ManualClock } from "../../sdk/testing/manual-clock";
import { MemoryBarrier, memoryView } from "../../sdk/testing/memory-view";
import { noLogger } from "../../sdk/testing/no-logger";
import { seededRandom } from "../../sdk/testing/seeded-random";
import { LeaseService } from "./lease-service";

const SOURCE: LeaseSource = {
  mountId: "m1",
  mountPath: "db/",
  path: "db/creds/app",
  defaultLeaseTtlSeconds: 60,
  maxLeaseTtlSeconds: 100,
};
const GRANT: LeaseGrant = { ttlSeconds: 0, maxTtlSeconds: 0, renewable: true, internalData: new Map([["user", "u1"]]) };

/** `broken` makes the engine refuse; `revoked` is what it took back. */
function fixture(barrier = new MemoryBarrier(), clock = new ManualClock(), seed = 1) {
  const engine = { broken: false, revoked: [] as string[] };
  const dead = new Set<string>();
  const leases = new LeaseService({
    storage: memoryView("local", "core", barrier).narrow("core/lease/"),
    clock,
    random: seededRandom(seed),
    logger: noLogger,
    mounts: { byId: (id) => (id === "m1" ? mountEntry : undefined), leaseLimits: () => SOURCE },
    calls: {
      renewLease: async () => ({}),
      revokeLease: async (_id, data) => {
        if (engine.broken) throw new Error("the database is away");
        engine.revoked.push(data.get("user") ?? "");
      },
    },
    isTokenLive: async (hash) => !dead.has(hash),
    revokeTokensUnder: async () => undefined,
    mayWrite: () => true,
  });
  return { leases, clock, barrier, engine, dead };
}

const mountEntry = {
  id: "m1",
  path: "db/",
  kind: "secret",
  type: "database",
  description: "",
  accessor: "a",
  local: false,
  sealWrap: false,
  options: new Map(),
  config: {
    defaultLeaseTtlSeconds: 0,
    maxLeaseTtlSeconds: 0,
    forceNoCache: false,
    listingVisibility: "",
    tokenType: "",
    auditNonHmacRequestKeys: [],
    auditNonHmacResponseKeys: [],
    passthroughRequestHeaders: [],
    allowedResponseHeaders: [],
  },
} as const;

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("a lease ends at its time, at use and without the sweeper; the sweeper takes the credential back", async () => {
  const { leases, clock, engine, barrier } = fixture();
  const { leaseId, leaseDurationSeconds } = await leases.register(GRANT, SOURCE, tokenFacts());
  expect([leaseId.startsWith("db/creds/app/"), leaseDurationSeconds]).toEqual([true, 60]);
  expect(await leases.listPrefix("db/creds/")).toEqual(["app/"]);
  clock.advance(60_000);
  expect(await leases.lookup(leaseId)).toBeUndefined();
  await expect(leases.renew(leaseId, 0)).rejects.toThrow("lease not found");
  await leases.sweep();
  expect([engine.revoked, barrier.pairs.size]).toEqual([["u1"], 0]);
});

test("renewal stays within the maximum since the issue", async () => {
  const { leases, clock } = fixture();
  const { leaseId } = await leases.register(GRANT, SOURCE, tokenFacts());
  clock.advance(50_000);
  expect(await leases.renew(leaseId, 1000)).toMatchObject({ leaseDurationSeconds: 50 });
  clock.advance(49_999);
  expect(await leases.renew(leaseId, 1000)).toMatchObject({ leaseDurationSeconds: 1 });
  clock.advance(1);
  expect(await leases.lookup(leaseId)).toBeUndefined();
});

test("a lease of a batch token ends with it", async () => {
  const { leases, clock } = fixture();
  const token = tokenFacts({ idHash: "", type: "batch", expireTimeMilliseconds: clock.nowMilliseconds() + 5_000 });
  const { leaseId, leaseDurationSeconds } = await leases.register(GRANT, SOURCE, token);
  expect(leaseDurationSeconds).toBe(5);
  expect(await leases.renew(leaseId, 60)).toMatchObject({ leaseDurationSeconds: 5 });
});

test("an engine that is away for an hour loses no credential, also over a restart", async () => {
  const { leases, clock, engine, barrier } = fixture();
  const { leaseId } = await leases.register(GRANT, SOURCE, tokenFacts());
  engine.broken = true;
  await expect(leases.revoke(leaseId, true)).rejects.toThrow("tried again");
  expect(await leases.lookup(leaseId)).toBeUndefined();
  for (let minute = 0; minute < 60; minute++) {
    clock.advance(60_000);
    await leases.sweep();
  }
  expect(engine.revoked).toEqual([]);
  const restarted = fixture(barrier, clock, 2);
  clock.advance(2 * 60 * 60_000);
  await restarted.leases.sweep();
  expect([restarted.engine.revoked, barrier.pairs.size]).toEqual([["u1"], 0]);
});

test("a token takes its leases with it, and a dead token gets none", async () => {
  const { leases, engine, dead, barrier } = fixture();
  const mine = tokenFacts({ idHash: "aa" });
  const other = await leases.register(GRANT, SOURCE, tokenFacts({ idHash: "bb" }));
  for (let index = 0; index < 3; index++) await leases.register(GRANT, SOURCE, mine);
  await leases.revokeByToken("aa");
  await settled();
  expect(engine.revoked).toHaveLength(3);
  expect(await leases.lookup(other.leaseId)).toBeDefined();
  dead.add("aa");
  await expect(leases.register(GRANT, SOURCE, mine)).rejects.toThrow("permission denied");
  await settled();
  expect([...barrier.pairs.keys()].filter((key) => key.includes("/id/"))).toHaveLength(1);
});

test("a prefix ends at a slash; force forgets what the engine cannot take back", async () => {
  const { leases, engine, barrier } = fixture();
  await leases.register(GRANT, SOURCE, tokenFacts());
  await leases.register(GRANT, { ...SOURCE, path: "db/creds/application" }, tokenFacts());
  await leases.revokePrefix("db/creds/app", { sync: true, force: false });
  expect(await leases.listPrefix("db/creds/")).toEqual(["application/"]);
  engine.broken = true;
  await leases.revokePrefix("db", { sync: false, force: true });
  expect(barrier.pairs.size).toBe(0);
  await leases.revoke("db/creds/app/none", true);
});
