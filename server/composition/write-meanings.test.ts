import { writeMeanings } from "./write-meanings";

const nobody = () => Promise.reject(new Error("not asked"));
const meanings = writeMeanings({
  router: { byId: () => undefined, runPrimaryCall: nobody },
  types: [],
  tokens: { revokeByHash: nobody, revokeAloneByHash: nobody },
  leases: { revoke: nobody },
});

test.each([
  ["core/policy/app", "sys/policies/acl/app"],
  ["core/audit/file", "sys/audit/file"],
  ["core/replication/dr/members/b", "sys/replication/dr/members/b"],
  ["core/replication/performance/filters/b", "sys/replication/performance/filters/b"],
  ["core/replication/performance/role", undefined],
  ["core/replication/lineage/dr", undefined],
  ["core/keyring", "sys/rotate"],
])("a report lists %s as %s", (key, path) => {
  const write = { class: "local", key, value: undefined, writtenAtMilliseconds: 0 } as const;
  expect(meanings.corePathOf(write)).toBe(path);
});
