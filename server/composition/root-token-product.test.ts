import type { ReplicationState } from "../sdk/replication";
import { rootTokenProduct } from "./root-token-product";

const tokens = {
  createRootToken: () => Promise.reject(new Error("not here")),
  revoke: () => Promise.reject(new Error("not here")),
};

function refusalIn(state: ReplicationState): string {
  try {
    rootTokenProduct(tokens, () => state).requireAllowed();
    return "";
  } catch (error) {
    return String(error);
  }
}

test.each([
  ["disabled", "disabled", ""],
  ["primary", "primary", ""],
  ["secondary", "primary", ""],
  ["secondary", "disabled", ""],
  ["disabled", "secondary", "generate-operation-token"],
  ["bootstrapping", "disabled", "sys/replication/performance/secondary/disable"],
  ["disabled", "bootstrapping", "sys/replication/dr/secondary/disable"],
] as const)("a cluster that is %s and, in DR mode, %s makes root tokens unless: %s", (performance, dr, reason) => {
  const refusal = refusalIn({ performance, dr });
  if (reason === "") expect(refusal).toBe("");
  else expect(refusal).toContain(reason);
});
