import type { ForwardedRequest } from "../../server/sdk/replication";

/** A client's write as a performance secondary hands it over. */
export function forwardedRequest(path: string, value: string): ForwardedRequest {
  return {
    id: "request",
    caller: {
      kind: "facts",
      facts: {
        idHash: "",
        accessor: "",
        type: "batch",
        path: "auth/test/login",
        displayName: "client",
        policies: ["default"],
        metadata: new Map(),
        entityId: "",
        orphan: true,
        renewable: false,
        numUsesLeft: 0,
        creationTimeSeconds: 0,
        expireTimeMilliseconds: 4_000_000_000_000,
        boundCidrs: [],
      },
    },
    operation: "update",
    path,
    query: new Map(),
    body: Buffer.from(value),
    contentType: undefined,
    remoteAddress: "127.0.0.1",
    wrapTtlSeconds: undefined,
  };
}
