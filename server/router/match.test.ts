import fc from "fast-check";
import type { AnyPath } from "../sdk/path";
import { compilePaths } from "./compile";
import { matchPath } from "./match";

function path(template: string): AnyPath<unknown> {
  const names = [...template.matchAll(/\{([a-z]+)(?:\.\.\.)?\}/g)].map((match) => match[1] ?? "");
  const fields = Object.fromEntries(names.map((name) => [name, { type: "string", description: name } as const]));
  return { template, summary: template, fields, operations: {} };
}

function found(templates: readonly string[], asked: string): string {
  const match = matchPath(compilePaths(templates.map(path)), asked);
  return match === undefined ? "nothing" : `${match.path.declaration.template} ${JSON.stringify(match.values)}`;
}

const TEMPLATES = [
  "users",
  "users/{name}",
  "users/self",
  "users/{name}/keys/{id}",
  "data/{path...}",
  "mounts/{path...}",
  "mounts/{path...}/tune",
  "{any}/fixed",
];

test.each([
  ["users", "users []"],
  ["users/anna", 'users/{name} ["anna"]'],
  ["users/self", "users/self []"],
  ["users/self/keys/1", 'users/{name}/keys/{id} ["self","1"]'],
  ["users/anna/keys", "nothing"],
  ["data/a", 'data/{path...} ["a"]'],
  ["data/a/b/c", 'data/{path...} ["a/b/c"]'],
  ["data", "nothing"],
  ["mounts/a/b", 'mounts/{path...} ["a/b"]'],
  ["mounts/a/b/tune", 'mounts/{path...}/tune ["a/b"]'],
  ["mounts/tune", 'mounts/{path...} ["tune"]'],
  ["mounts/a/notune", 'mounts/{path...} ["a/notune"]'],
  ["users/fixed", 'users/{name} ["fixed"]'],
  ["other/fixed", '{any}/fixed ["other"]'],
  ["", "nothing"],
  ["constructor", "nothing"],
  ["__proto__/fixed", '{any}/fixed ["__proto__"]'],
])("%s", (asked, expected) => {
  expect(found(TEMPLATES, asked)).toBe(expected);
});

test("the empty template is the mount itself", () => {
  expect(found(["", "{path...}"], "")).toBe(" []");
  expect(found(["", "{path...}"], "a/b")).toBe('{path...} ["a/b"]');
});

test("mistakes in declarations throw at compile time", () => {
  expect(() => compilePaths([path("a"), path("a")])).toThrow("declared twice");
  expect(() => compilePaths([path("a/{x...}"), path("a/{y...}")])).toThrow("declared twice");
  expect(() => compilePaths([path("a//b")])).toThrow("empty segment");
  expect(() => compilePaths([path("a/{x...}/{y}")])).toThrow("only literals");
  expect(() => compilePaths([{ ...path("a"), template: "a/{x}" }])).toThrow("not a declared field");
});

test("a rest parameter and its prefix give the path back", () => {
  const segment = fc.string({ minLength: 1, maxLength: 8 }).filter((text) => !text.includes("/"));
  const tree = compilePaths([path("data/{path...}")]);
  fc.assert(
    fc.property(fc.array(segment, { minLength: 1, maxLength: 6 }), (segments) => {
      const rest = segments.join("/");
      expect(matchPath(tree, `data/${rest}`)?.values).toEqual([rest]);
    }),
  );
});

test("the cost of a long path is bounded by the declarations", () => {
  const tree = compilePaths(["{a}/{b}/{c}/x", "{a}/y/{c}/z", "{a}/{b...}"].map(path));
  const long = "y/".repeat(4000);
  expect(matchPath(tree, `${long}end`)?.path.declaration.template).toBe("{a}/{b...}");
});
