import type { Filter } from "../replication/filter";
import { describeStep, planSteps } from "./plan-steps";
import { desiredRoles, type Role, type TopologyFacts, type TopologyWish, wishProblems } from "./roles";

const deny: Filter = { mode: "deny", paths: ["payments-eu/"] };

const wish: TopologyWish = {
  primary: "dc-a",
  clusters: new Map([
    ["dc-a", null],
    ["dc-b", deny],
    ["cloud", null],
  ]),
  pairs: new Map([["dc-a", "dc-a-dr"]]),
  allowDataLoss: new Set(),
};

const PRIMARY: Role = { performance: "primary", dr: "primary", follows: "" };
const follower = (follows: string): Role => ({ performance: "secondary", dr: "disabled", follows });
const standby = (follows: string): Role => ({ performance: "disabled", dr: "secondary", follows });

/** The whole set as the wish above has it. */
const settled: Readonly<Record<string, Role>> = {
  "dc-a": PRIMARY,
  "dc-b": follower("dc-a"),
  cloud: follower("dc-a"),
  "dc-a-dr": standby("dc-a"),
};

const filters = new Map<string, Filter | null>([["dc-b", deny]]);

function facts(roles: Readonly<Record<string, Role>>, more: Partial<TopologyFacts> = {}): TopologyFacts {
  return { roles: new Map(Object.entries(roles)), filters, unreachable: new Set(), ...more };
}

function stepsOf(changed: Partial<TopologyWish>, found: TopologyFacts): readonly string[] {
  const { steps, problems } = planSteps({ ...wish, ...changed }, found);
  expect(problems).toEqual([]);
  return steps.map(describeStep);
}

const failedOver: Readonly<Record<string, Role>> = {
  "dc-a-dr": PRIMARY,
  "dc-b": follower("dc-a-dr"),
  cloud: follower("dc-a-dr"),
  "dc-a": standby("dc-a-dr"),
};

const CASES: readonly {
  readonly name: string;
  readonly wish?: Partial<TopologyWish>;
  readonly facts: TopologyFacts;
  readonly steps: readonly string[];
}[] = [
  {
    name: "creates a set from clusters without roles",
    facts: facts({}, { filters: new Map() }),
    steps: [
      "make dc-a a performance primary",
      "make dc-a a dr primary",
      "add dc-b as performance secondary of dc-a, deny payments-eu/; its own data is replaced",
      "add cloud as performance secondary of dc-a; its own data is replaced",
      "add dc-a-dr as dr secondary of dc-a; its own data is replaced",
    ],
  },
  { name: "does nothing when all is as wished", facts: facts(settled), steps: [] },
  {
    name: "moves to the DR secondary",
    wish: { primary: "dc-a-dr" },
    facts: facts(settled),
    steps: [
      "fence dc-a and drain to dc-a-dr (dr)",
      "promote dc-a-dr (dr)",
      "re-point dc-b to dc-a-dr (performance)",
      "re-point cloud to dc-a-dr (performance)",
      "rejoin dc-a as dr secondary of dc-a-dr",
    ],
  },
  { name: "does nothing after the move", wish: { primary: "dc-a-dr" }, facts: facts(failedOver), steps: [] },
  {
    name: "fails back with the roles swapped",
    facts: facts(failedOver),
    steps: [
      "fence dc-a-dr and drain to dc-a (dr)",
      "promote dc-a (dr)",
      "re-point dc-b to dc-a (performance)",
      "re-point cloud to dc-a (performance)",
      "rejoin dc-a-dr as dr secondary of dc-a",
    ],
  },
  {
    name: "goes on after being killed between draining and promoting",
    wish: { primary: "dc-a-dr" },
    facts: facts({
      ...settled,
      "dc-a": standby(""),
      "dc-a-dr": standby(""),
      "dc-b": follower(""),
      cloud: follower(""),
    }),
    steps: [
      "promote dc-a-dr (dr)",
      "rejoin dc-b as performance secondary of dc-a-dr",
      "rejoin cloud as performance secondary of dc-a-dr",
      "rejoin dc-a as dr secondary of dc-a-dr",
    ],
  },
  {
    name: "goes back if it was killed after draining and the line was changed back",
    facts: facts({ ...settled, "dc-a": standby(""), "dc-a-dr": standby("") }),
    steps: ["promote dc-a (dr)", "rejoin dc-a-dr as dr secondary of dc-a"],
  },
  {
    name: "goes on after being killed when only some were re-pointed",
    wish: { primary: "dc-a-dr" },
    facts: facts({ ...failedOver, cloud: follower("dc-a"), "dc-a": standby("") }),
    steps: ["re-point cloud to dc-a-dr (performance)", "rejoin dc-a as dr secondary of dc-a-dr"],
  },
  {
    name: "moves to a performance secondary, whose DR pair stays where it is",
    wish: { primary: "dc-b" },
    facts: facts(settled, { filters: new Map() }),
    steps: [
      "fence dc-a and drain to dc-b (performance)",
      "promote dc-b (performance)",
      "rejoin dc-a as performance secondary of dc-b",
      "re-point cloud to dc-b (performance)",
    ],
  },
  {
    name: "goes on after a killed move to a performance secondary",
    wish: { primary: "dc-b" },
    facts: facts(
      { ...settled, "dc-a": { performance: "secondary", dr: "primary", follows: "" } },
      { filters: new Map() },
    ),
    steps: [
      "promote dc-b (performance)",
      "rejoin dc-a as performance secondary of dc-b",
      "re-point cloud to dc-b (performance)",
    ],
  },
  {
    name: "adds a cluster",
    wish: { clusters: new Map([...wish.clusters, ["edge", null]]) },
    facts: facts(settled),
    steps: ["add edge as performance secondary of dc-a; its own data is replaced"],
  },
  {
    name: "removes a cluster",
    wish: { clusters: new Map([...wish.clusters].filter(([name]) => name !== "cloud")) },
    facts: facts(settled),
    steps: ["take cloud out of the set (performance)"],
  },
  {
    name: "removes a DR secondary and what served it",
    wish: { pairs: new Map() },
    facts: facts(settled),
    steps: ["take dc-a-dr out of the set (dr)", "end dr replication on dc-a"],
  },
  {
    name: "changes a filter",
    wish: { clusters: new Map([...wish.clusters, ["cloud", { mode: "allow", paths: ["secret"] }]]) },
    facts: facts(settled),
    steps: ["filter cloud, allow secret"],
  },
  {
    name: "takes a filter away",
    wish: { clusters: new Map([...wish.clusters, ["dc-b", null]]) },
    facts: facts(settled),
    steps: ["filter dc-b: none"],
  },
  {
    name: "sees no difference in how a filter is spelt",
    wish: { clusters: new Map([...wish.clusters, ["dc-b", { mode: "deny", paths: ["payments-eu"] }]]) },
    facts: facts(settled),
    steps: [],
  },
  {
    name: "reconnects a secondary that was cut off by hand",
    facts: facts({ ...settled, cloud: follower("") }),
    steps: ["rejoin cloud as performance secondary of dc-a"],
  },
  {
    name: "makes an old primary that came back follow the new one",
    wish: { primary: "dc-a-dr", allowDataLoss: new Set(["dc-a"]) },
    facts: facts({ ...failedOver, "dc-a": { performance: "disabled", dr: "primary", follows: "" } }),
    steps: ["demote dc-a (dr)", "rejoin dc-a as dr secondary of dc-a-dr"],
  },
  {
    name: "makes a given up primary that came back as such follow the new one",
    wish: { primary: "dc-a-dr", allowDataLoss: new Set(["dc-a"]) },
    facts: facts({ ...failedOver, "dc-a": PRIMARY }),
    steps: ["demote dc-a (dr)", "rejoin dc-a as dr secondary of dc-a-dr"],
  },
  {
    name: "gives up an unreachable primary when told so, and leaves what it needs for later",
    wish: { primary: "dc-a-dr", allowDataLoss: new Set(["dc-a"]) },
    facts: facts(settled, { unreachable: new Set(["dc-a"]) }),
    steps: [
      "give up dc-a, which does not answer: writes it had not sent are lost",
      "promote dc-a-dr (dr, forced)",
      "re-point dc-b to dc-a-dr (performance)",
      "re-point cloud to dc-a-dr (performance)",
    ],
  },
  {
    name: "leaves an unreachable secondary alone during a move",
    wish: { primary: "dc-a-dr" },
    facts: facts(settled, { unreachable: new Set(["cloud"]) }),
    steps: [
      "fence dc-a and drain to dc-a-dr (dr)",
      "promote dc-a-dr (dr)",
      "re-point dc-b to dc-a-dr (performance)",
      "rejoin dc-a as dr secondary of dc-a-dr",
    ],
  },
];

test.each(CASES)("$name", ({ wish: changed = {}, facts: found, steps }) => {
  expect(stepsOf(changed, found)).toEqual(steps);
});

test("the same input gives the same answer", () => {
  const once = planSteps({ ...wish, primary: "dc-a-dr" }, facts(settled));
  expect(planSteps({ ...wish, primary: "dc-a-dr" }, facts(settled))).toEqual(once);
});

test("an unreachable primary is not given up unless named", () => {
  const { problems } = planSteps({ ...wish, primary: "dc-a-dr" }, facts(settled, { unreachable: new Set(["dc-a"]) }));
  expect(problems.join()).toContain('allow_data_loss = ["dc-a"]');
});

test.each([
  ["a DR secondary", "dc-a-dr", PRIMARY],
  ["a performance secondary", "dc-b", { performance: "primary", dr: "disabled", follows: "" }],
  ["a performance secondary whose name comes first", "cloud", { performance: "primary", dr: "disabled", follows: "" }],
] as const)("%s that was promoted by hand is not demoted unless named", (_, name, role) => {
  const sorted = Object.entries({ ...settled, [name]: role }).sort(([one], [other]) => (one < other ? -1 : 1));
  const found = facts(Object.fromEntries(sorted));
  const { problems } = planSteps(wish, found);
  expect(problems).toEqual([expect.stringContaining(`allow_data_loss = ["${name}"]`)]);
  const named = planSteps({ ...wish, allowDataLoss: new Set([name]) }, found);
  expect(named.problems).toEqual([]);
  expect(named.steps.map(describeStep)[0]).toContain(`demote ${name}`);
});

test("a filtered secondary, which lacks data, does not become the primary", () => {
  const { problems } = planSteps({ ...wish, primary: "dc-b" }, facts(settled));
  expect(problems.join()).toContain("First remove the filter");
});

test("a cluster that is not in the set cannot become its primary at once", () => {
  const clusters = new Map([...wish.clusters, ["edge", null]]);
  const { problems } = planSteps({ ...wish, primary: "edge", clusters }, facts(settled));
  expect(problems.join()).toContain("First add it as a secondary");
});

test("the primary cannot simply leave the configuration", () => {
  const clusters = new Map([...wish.clusters].filter(([name]) => name !== "dc-a"));
  const { problems } = planSteps({ ...wish, primary: "dc-b", clusters, pairs: new Map() }, facts({ "dc-a": PRIMARY }));
  expect(problems).not.toEqual([]);
});

test("a postponed cluster is named", () => {
  const { postponed, steps } = planSteps(
    wish,
    facts({ ...settled, cloud: follower("") }, { unreachable: new Set(["cloud"]) }),
  );
  expect([postponed, steps]).toEqual([["cloud"], []]);
});

test("while the primary is one of a pair, its filter is never applied and its partner stands by", () => {
  expect([...desiredRoles({ ...wish, primary: "dc-a-dr" }, new Map())]).toEqual(
    Object.entries(failedOver).sort(byName(["dc-a-dr", "dc-a", "dc-b", "cloud"])),
  );
});

function byName(order: readonly string[]) {
  return ([one]: readonly [string, unknown], [other]: readonly [string, unknown]) =>
    order.indexOf(one) - order.indexOf(other);
}

test.each([
  [{ primary: "elsewhere" }, '"elsewhere"'],
  [{ pairs: new Map([["nobody", "dc-a-dr"]]) }, '"nobody"'],
  [{ pairs: new Map([["dc-a", "dc-b"]]) }, "it can be one of them"],
  [
    {
      pairs: new Map([
        ["dc-a", "x"],
        ["dc-b", "x"],
      ]),
    },
    "more than one",
  ],
])("an impossible configuration %j is refused", (changed, text) => {
  expect(wishProblems({ ...wish, ...changed }).join()).toContain(text);
});
