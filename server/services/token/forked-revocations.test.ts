import type { ParsedWrite } from "../../sdk/divergence";
import { ForkedLeaseRevocations } from "../lease/forked-revocations";
import { encodeLease, type LeaseRecord } from "../lease/lease-record";
import { ForkedTokenRevocations } from "./forked-revocations";
import { encodeToken, type TokenRecord } from "./token-record";

const NOW = 1_000_000;

const record: TokenRecord = {
  accessor: "a",
  parent: "",
  depth: 0,
  path: "auth/token/create",
  displayName: "token",
  policies: ["default"],
  metadata: new Map(),
  internalData: new Map(),
  mountAccessor: "",
  roleName: "",
  issueTimeMilliseconds: 0,
  creationTtlSeconds: 60,
  expireTimeMilliseconds: NOW + 60_000,
  lastRenewalSeconds: undefined,
  ttlSeconds: 60,
  maxTtlSeconds: 0,
  explicitMaxTtlSeconds: 0,
  periodSeconds: 0,
  numUses: 0,
  usesLeft: 0,
  renewable: true,
  boundCidrs: [],
  wrapping: false,
  revoking: false,
};

const write = (key: string, value: Buffer | undefined): ParsedWrite => ({
  class: "local",
  key,
  value,
  writtenAtMilliseconds: NOW,
});
const token = (hash: string, change: Partial<TokenRecord>) =>
  write(`core/token/id/${hash}`, encodeToken({ ...record, ...change }));

function tokensOf(writes: readonly ParsedWrite[]) {
  const finder = new ForkedTokenRevocations();
  for (const each of writes) finder.take(each);
  return finder.found();
}

test("a token that was marked is found; one that was made, renewed, or ran out is not", () => {
  expect(
    tokensOf([
      token("made", {}),
      token("revoked", { revoking: true }),
      write("core/token/id/revoked", undefined),
      token("ran-out", { revoking: true, expireTimeMilliseconds: NOW }),
      write("core/token/id/ran-out", undefined),
      token("for-ever", { revoking: true, expireTimeMilliseconds: undefined }),
    ]),
  ).toEqual([
    { kind: "token", hash: "revoked", alone: false },
    { kind: "token", hash: "for-ever", alone: false },
  ]);
});

test("a token is revoked alone only where its children were made orphans first", () => {
  expect(
    tokensOf([
      token("child", { parent: "" }),
      write("core/token/parent/alone/child", undefined),
      token("alone", { revoking: true }),
      // A child of the next one is revoked for itself: its edge goes, and the tree does not live on.
      token("leaf", { parent: "tree", revoking: true }),
      write("core/token/id/leaf", undefined),
      write("core/token/parent/tree/leaf", undefined),
      token("tree", { revoking: true }),
    ]),
  ).toEqual([
    { kind: "token", hash: "alone", alone: true },
    { kind: "token", hash: "leaf", alone: false },
    { kind: "token", hash: "tree", alone: false },
  ]);
});

test("leases: revoked ones and those forgotten by force are found, not those that ran out", () => {
  const lease: LeaseRecord = {
    mountId: "m",
    tokenHash: "",
    issueTimeMilliseconds: 0,
    expireTimeMilliseconds: NOW + 60_000,
    tokenExpireTimeMilliseconds: undefined,
    lastRenewalMilliseconds: undefined,
    renewable: true,
    ttlSeconds: 60,
    maxTtlSeconds: 0,
    internalData: new Map(),
    state: "live",
    attempts: 0,
    dueMilliseconds: 0,
  };
  const put = (id: string, change: Partial<LeaseRecord>) =>
    write(`core/lease/id/${id}`, encodeLease({ ...lease, ...change }));
  const finder = new ForkedLeaseRevocations();
  for (const each of [
    put("db/creds/made", {}),
    put("db/creds/revoked", { state: "revoking" }),
    write("core/lease/id/db/creds/revoked", undefined),
    write("core/lease/id/db/creds/forced", undefined),
    put("db/creds/ran-out", { state: "revoking", expireTimeMilliseconds: NOW }),
    write("core/lease/id/db/creds/ran-out", undefined),
    write("core/lease/due/000/db/creds/made", undefined),
  ]) {
    finder.take(each);
  }
  expect(finder.found()).toEqual([
    { kind: "lease", leaseId: "db/creds/revoked" },
    { kind: "lease", leaseId: "db/creds/forced" },
  ]);
});
