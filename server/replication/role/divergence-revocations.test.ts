import type { Revocation } from "../../sdk/divergence";
import type { FrameChannel } from "../../sdk/transport";
import { encodeRevocations } from "./divergence-records";
import { serveRevocations } from "./divergence-revocations";

const ASKED: readonly Revocation[] = [
  { kind: "token", hash: "t", alone: false },
  { kind: "lease", leaseId: "db/creds/x" },
  { kind: "mount", mountId: "shared", call: "destroy", payload: new Map([["hash", "1"]]) },
  { kind: "mount", mountId: "filtered", call: "destroy", payload: new Map([["hash", "2"]]) },
  { kind: "mount", mountId: "local", call: "destroy", payload: new Map([["hash", "3"]]) },
  { kind: "mount", mountId: "gone", call: "destroy", payload: new Map() },
];

/** What a secondary of the mode is answered, and what was revoked. */
async function ask(mode: "performance" | "dr", isFenced = false, confirmed = () => Promise.resolve()) {
  const revoked: Revocation[] = [];
  const answers: string[] = [];
  const frames = [encodeRevocations(ASKED)];
  const channel: FrameChannel = {
    kind: "revocations",
    send: async (frame) => void answers.push(frame.toString()),
    receive: async () => frames.shift(),
    end: () => undefined,
    destroy: () => undefined,
  };
  const paths = new Map([
    ["shared", "auth/approle/"],
    ["filtered", "auth/private/"],
  ]);
  const primary = { role: "primary", setId: "s", primaryClusterAddress: "" } as const;
  const state = {
    roles: () => ({ performance: primary, dr: primary, building: undefined }),
    holds: { fenced: new Set(isFenced ? [mode] : []), draining: undefined, undecided: false },
    unconfirmed: () => undefined,
  };
  const parts = {
    state,
    meanings: { revoke: async (revocation: Revocation) => void revoked.push(revocation) },
    mountPathOf: async (id: string) => paths.get(id),
    confirmed,
  };
  await serveRevocations(channel, { mode, id: "a" }, parts, (path) => path !== "auth/private/");
  return { revoked, answer: answers.join() };
}

test("a DR secondary may have everything revoked: it holds every token itself", async () => {
  expect(await ask("dr")).toEqual({ revoked: ASKED, answer: '{"applied":true,"reason":""}' });
});

test("a performance secondary speaks of shared mounts that it is sent, never of this cluster's tokens, leases and local mounts", async () => {
  const { revoked } = await ask("performance");
  expect(revoked).toEqual([ASKED[2]]);
});

test("a cluster that was replaced takes nothing over", async () => {
  expect(await ask("dr", true)).toEqual({ revoked: [], answer: expect.stringContaining('"applied":false') });
});

test("it says that they are applied only after that was confirmed as a client's write is", async () => {
  const confirmed = () => Promise.reject(new Error("no DR secondary has confirmed it"));
  const { revoked, answer } = await ask("dr", false, confirmed);
  expect(revoked).toEqual(ASKED);
  expect(answer).toBe('{"applied":false,"reason":"no DR secondary has confirmed it"}');
});
