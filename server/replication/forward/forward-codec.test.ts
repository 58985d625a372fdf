import type { ForwardedRequest } from "../../sdk/replication";
import { decodeForward, encodeForward } from "./forward-codec";

const request: ForwardedRequest = {
  id: "r1",
  caller: { kind: "token", token: Buffer.from("hvs.t") },
  operation: "update",
  path: "secret/data/__proto__",
  query: new Map([["list", ["true", ""]]]),
  body: Buffer.from([0, 255, 10]),
  contentType: undefined,
  remoteAddress: "::1",
  wrapTtlSeconds: 0.5,
};
const epoch = { number: 3, clusterId: "c" };

test.each([
  ["nothing asked of the primary's state", {}],
  ["an index to wait for", { requiredIndexes: ["x", ""], waitsForIndex: true }],
  ["an index that has to be there at once", { requiredIndexes: ["x"], waitsForIndex: false }],
] as const)("a request arrives as it was handed over: %s", (_, asked) => {
  const envelope = { epoch, mode: "dr", request: { ...request, ...asked } } as const;
  expect(decodeForward(encodeForward(envelope))).toEqual(envelope);
});
