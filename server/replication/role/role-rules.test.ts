import { compareLineage } from "../../sdk/lineage";
import type { KeyClass, ReplicationMode } from "../../sdk/log";
import { createSigningKey, readActivationToken, signActivationToken, verifyActivationToken } from "./activation-token";
import type { RoleRecord } from "./records";
import { effectiveRole, type Holds, type Roles, refusal, writeRefusal } from "./role-rules";

const disabled: RoleRecord = { role: "disabled" };
const primary: RoleRecord = { role: "primary", setId: "s", primaryClusterAddress: "" };
const secondary: RoleRecord = { role: "secondary", setId: "s", link: undefined };
const roles = (performance: RoleRecord, dr: RoleRecord): Roles => ({ performance, dr, building: undefined });
const nowhere = new Set<ReplicationMode>();
const open: Holds = { fenced: nowhere, draining: undefined, undecided: false };
const fenced = (mode: ReplicationMode): Holds => ({ ...open, fenced: new Set([mode]) });
const classes = (...names: KeyClass[]): ReadonlySet<KeyClass> => new Set(names);

test("every pair of roles but two secondaries can be reached", () => {
  expect(refusal(roles(primary, disabled), "dr", "enable-primary")).toBeUndefined();
  expect(refusal(roles(secondary, disabled), "dr", "enable-primary")).toBeUndefined();
  expect(refusal(roles(disabled, primary), "performance", "enable-primary")).toBeUndefined();
  expect(refusal(roles(primary, disabled), "dr", "enable-secondary")).toContain(
    "disable performance replication first",
  );
  expect(refusal(roles(secondary, disabled), "dr", "enable-secondary")).toContain("performance replication is enabled");
  expect(refusal(roles(disabled, secondary), "performance", "enable-primary")).toContain("is a DR secondary");
  expect(refusal({ ...roles(disabled, disabled), building: "dr" }, "dr", "enable-primary")).toContain("being made");
});

test("a cluster that is being made a secondary may give that up, and do nothing else", () => {
  const building = { ...roles(disabled, disabled), building: "dr" } as const;
  expect(refusal(building, "dr", "disable-secondary")).toBeUndefined();
  expect(refusal(building, "performance", "disable-secondary")).toContain("being made");
  for (const command of ["promote", "update-primary", "enable-secondary"] as const) {
    expect(refusal(building, "dr", command)).toContain("sys/replication/dr/secondary/disable");
  }
});

test("a DR secondary's performance role sleeps", () => {
  expect(effectiveRole(roles(primary, secondary), "performance")).toBe("disabled");
  expect(effectiveRole(roles(primary, primary), "performance")).toBe("primary");
});

test.each<readonly [string, Roles, Holds, readonly KeyClass[], string | undefined]>([
  ["a primary writes all", roles(primary, primary), open, ["replicated", "local"], undefined],
  ["a performance secondary writes its own", roles(secondary, disabled), open, ["local"], undefined],
  ["and nothing shared", roles(secondary, disabled), open, ["local", "replicated"], "read_only"],
  ["a DR secondary writes nothing", roles(disabled, secondary), open, ["local"], "read_only"],
  ["but what is its node's", roles(disabled, secondary), open, ["node"], undefined],
  ["replaced in DR mode", roles(primary, primary), fenced("dr"), ["local"], "fenced"],
  ["replaced in performance mode", roles(primary, disabled), fenced("performance"), ["replicated"], "fenced"],
  ["its own data is its own", roles(primary, disabled), fenced("performance"), ["local"], undefined],
  ["unless a DR cluster may hold it", roles(primary, primary), fenced("performance"), ["local"], "fenced"],
  ["draining performance", roles(primary, disabled), { ...open, draining: "performance" }, ["replicated"], "draining"],
  ["leaves local alone", roles(primary, disabled), { ...open, draining: "performance" }, ["local"], undefined],
  ["draining DR", roles(primary, primary), { ...open, draining: "dr" }, ["local"], "draining"],
])("%s", (_name, given, holds, written, expected) => {
  expect(writeRefusal(given, holds, classes(...written))).toBe(expected);
});

test("histories are told apart", () => {
  const step = (number: number, clusterId: string) => ({ epoch: { number, clusterId }, startIndex: 1 });
  const old = [step(1, "a")];
  expect(compareLineage(old, old)).toBe("equal");
  expect(compareLineage(old, [...old, step(2, "b")])).toBe("ahead");
  expect(compareLineage([...old, step(2, "b")], old)).toBe("behind");
  expect(compareLineage([...old, step(2, "b")], [...old, step(2, "c")])).toBe("forked");
});

test("an activation token is what its signer said, until its time is over", () => {
  const key = createSigningKey();
  const claims = {
    jti: "hvs.x",
    accessor: "acc",
    addr: "https://a:8200",
    issuedAtSeconds: 1_000,
    expiresAtSeconds: 2_800,
  };
  const token = signActivationToken(claims, key);
  expect(verifyActivationToken(token, key, 1_500)).toEqual(claims);
  expect(readActivationToken(token, 1_500)).toEqual(claims);
  expect(() => verifyActivationToken(token, key, 2_800)).toThrow("has expired");
  expect(() => readActivationToken(token, 3_000)).toThrow("has expired");
  expect(() => verifyActivationToken(token, createSigningKey(), 1_500)).toThrow("not made by this cluster");
  const [header = "", payload = "", signature = ""] = token.split(".");
  const altered = Buffer.from(Buffer.from(payload, "base64url").toString().replace("2800", "9999")).toString(
    "base64url",
  );
  expect(() => verifyActivationToken(`${header}.${altered}.${signature}`, key, 1_500)).toThrow("was altered");
  const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString("base64url");
  expect(() => verifyActivationToken(`${none}.${payload}.${signature}`, key, 1_500)).toThrow("was altered");
});
