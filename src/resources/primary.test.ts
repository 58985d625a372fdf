import { MeridianSession } from "../client/session";
import { OperatorStore } from "../operator/operator-store";
import { UNKNOWN } from "../protocol/unknown";
import { primary } from "./primary";

const session = new MeridianSession({
  clusters: new Map(),
  operator: new OperatorStore({ path: "/nonexistent/operator.json", explicit: true, ephemeralMachine: false }),
  credentials: { token: undefined, login: undefined, environmentToken: undefined },
  nowMs: () => 0,
});
const log = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };
const context = { session, log, signal: new AbortController().signal, private: Buffer.alloc(0) };

const wish = {
  cluster: "dc-b",
  performance: false,
  disaster_recovery: true,
  cluster_address: null,
  deletion_protection: true,
  timeouts: null,
};
const state = {
  ...wish,
  id: "dc-b:primary",
  performance_mode: "secondary",
  dr_mode: "primary",
  performance_set_id: "set",
  dr_set_id: "other",
};

async function planned(before: typeof state, performance = false) {
  const plan = { ...before, performance, performance_mode: UNKNOWN };
  const changes = await primary.modifyPlan?.({ ...context, action: "update", config: wish, plan, state: before });
  return [changes?.set?.performance_mode, changes?.set?.dr_mode];
}

test("the DR primary of a performance secondary leaves that role alone", async () => {
  expect(await planned(state)).toEqual(["secondary", "primary"]);
});

test("what is wished is planned, and a primary that is not wished any more ends", async () => {
  expect(await planned({ ...state, dr_mode: "secondary" }, true)).toEqual(["primary", "primary"]);
  expect(await planned({ ...state, performance_mode: "primary" })).toEqual(["disabled", "primary"]);
});

test("a creation finds out what the other role is", async () => {
  const plan = {
    ...wish,
    id: UNKNOWN,
    performance_mode: UNKNOWN,
    dr_mode: UNKNOWN,
    performance_set_id: UNKNOWN,
    dr_set_id: UNKNOWN,
  };
  const changes = await primary.modifyPlan?.({ ...context, action: "create", config: wish, plan, state: null });
  expect(changes?.set).toEqual({ dr_mode: "primary" });
});
