import type { ReplicationMode } from "../../server/sdk/log";

export interface PlannedLink {
  readonly primary: string;
  readonly secondary: string;
  readonly mode: ReplicationMode;
}

/** Clusters, the sites they belong to (a site is one active cluster and its DR secondaries), and who follows whom at first. */
export interface Topology {
  readonly name: string;
  readonly sites: Readonly<Record<string, readonly string[]>>;
  readonly links: readonly PlannedLink[];
  /** Performance secondaries that do not get the filtered mount at first. */
  readonly filtered: readonly string[];
  /** Performance secondaries whose filters are changed; none of them becomes primary. */
  readonly filterable: readonly string[];
}

const performance = (secondary: string): PlannedLink => ({ primary: "a", secondary, mode: "performance" });

export const TOPOLOGIES: readonly Topology[] = [
  {
    name: "performance pair",
    sites: { a: ["a"], b: ["b"] },
    links: [performance("b")],
    filtered: ["b"],
    filterable: ["b"],
  },
  {
    name: "DR pair",
    sites: { a: ["a", "d"] },
    links: [{ primary: "a", secondary: "d", mode: "dr" }],
    filtered: [],
    filterable: [],
  },
  {
    name: "primary, DR and two performance secondaries",
    sites: { a: ["a", "d"], b: ["b"], c: ["c"] },
    links: [{ primary: "a", secondary: "d", mode: "dr" }, performance("b"), performance("c")],
    filtered: ["b"],
    filterable: ["b"],
  },
  {
    name: "primary and performance secondary, each with its DR",
    sites: { a: ["a", "d"], b: ["b", "e"] },
    links: [
      { primary: "a", secondary: "d", mode: "dr" },
      performance("b"),
      { primary: "b", secondary: "e", mode: "dr" },
    ],
    filtered: [],
    filterable: [],
  },
  {
    name: "two performance secondaries",
    sites: { a: ["a"], b: ["b"], c: ["c"] },
    links: [performance("b"), performance("c")],
    filtered: [],
    filterable: ["c"],
  },
  {
    name: "two DR secondaries",
    sites: { a: ["a", "d", "f"] },
    links: [
      { primary: "a", secondary: "d", mode: "dr" },
      { primary: "a", secondary: "f", mode: "dr" },
    ],
    filtered: [],
    filterable: [],
  },
];

export const FILTERED_MOUNT = "mount-filtered-9f3";
export const FILTERED_PATH = "filtered/";
export const OPEN_MOUNT = "mount-open-4c1";
export const OPEN_PATH = "open/";

/** Marks keys of class `local`: nothing else has it in its name. */
export const TOKEN_MARK = "own-token-";
