import fc from "fast-check";
import type { OperationName } from "../../sdk/path";
import { AccessList } from "./access-list";
import { parsePolicy } from "./policy-parser";

function allowed(policy: string, operation: OperationName, path: string, extra: object = {}): boolean {
  const list = new AccessList(parsePolicy(policy));
  return list.allows({ policies: [], operation, path, needsSudo: false, ...extra });
}

const OPERATIONS: readonly OperationName[] = ["create", "read", "update", "patch", "delete", "list"];

// --- An independent evaluator, from the documented rules alone: no shared code, no cleverness. ---
interface Row {
  readonly path: string;
  readonly capabilities: readonly string[];
}
function referenceMatches(pattern: string, path: string): boolean {
  const glob = pattern.endsWith("*");
  const source = (glob ? pattern.slice(0, -1) : pattern)
    .split("/")
    .map((segment) => (segment === "+" ? "[^/]*" : segment.replace(/[^a-z0-9]/g, "\\$&")))
    .join("/");
  return new RegExp(`^${source}${glob ? ".*" : ""}$`).test(path);
}
function referenceLower(one: string, two: string): boolean {
  const first = (text: string): number => {
    const at = ` /${text}`.search(/\/\+(\/|$)|\*$/);
    return at < 0 ? 1e9 : text.endsWith("*") && at === text.length + 1 ? text.length - 1 : at - 1;
  };
  const pluses = (text: string): number => text.split("/").filter((segment) => segment === "+").length;
  if (first(one) !== first(two)) return first(one) < first(two);
  if (one.endsWith("*") !== two.endsWith("*")) return one.endsWith("*");
  if (pluses(one) !== pluses(two)) return pluses(one) > pluses(two);
  return one.length !== two.length ? one.length < two.length : one < two;
}
function referenceAllows(rows: readonly Row[], operation: OperationName, path: string): boolean {
  const bare = path.replace(/\/$/, "");
  const spellings = operation === "list" ? [bare, `${bare}/`] : [path];
  const matching = rows.filter((row) => spellings.some((text) => referenceMatches(row.path, text)));
  const best = matching.reduce<Row | undefined>(
    (top, row) => (top === undefined || referenceLower(top.path, row.path) ? row : top),
    undefined,
  );
  if (best === undefined) return false;
  const twins = operation === "list" && spellings.includes(best.path) ? spellings : [best.path];
  const exactDeny = rows.some((row) => twins.includes(row.path) && row.capabilities.includes("deny"));
  const granted = rows.some((row) => row.path === best.path && row.capabilities.includes(operation));
  return granted && !exactDeny;
}

const segment = fc.constantFrom("a", "b", "ab", "+");
const pattern = fc
  .tuple(fc.array(segment, { minLength: 1, maxLength: 4 }), fc.constantFrom("", "/", "/*", "a*"))
  .map(([segments, end]) => segments.join("/") + end)
  .filter((text) => !text.includes("+a*"));
const row: fc.Arbitrary<Row> = fc.record({
  path: pattern,
  capabilities: fc.subarray([...OPERATIONS, "sudo", "deny"], { minLength: 1 }),
});
const rows = fc.array(row, { maxLength: 8 });
const path = fc
  .tuple(fc.array(fc.constantFrom("a", "b", "ab"), { minLength: 1, maxLength: 5 }), fc.constantFrom("", "/"))
  .map(([segments, end]) => segments.join("/") + end);

function hclOf(all: readonly Row[]): string {
  return all.map((one) => `path "${one.path}" { capabilities = ${JSON.stringify(one.capabilities)} }`).join("\n");
}

test("decides as the reference evaluator does", () => {
  fc.assert(
    fc.property(rows, path, fc.constantFrom(...OPERATIONS), (all, where, operation) => {
      expect(allowed(hclOf(all), operation, where)).toBe(referenceAllows(all, operation, where));
    }),
    { numRuns: 5000 },
  );
});

test("adding a deny never widens", () => {
  fc.assert(
    fc.property(rows, pattern, path, fc.constantFrom(...OPERATIONS), (all, denied, where, operation) => {
      const after = allowed(hclOf([...all, { path: denied, capabilities: ["deny"] }]), operation, where);
      if (after) expect(allowed(hclOf(all), operation, where)).toBe(true);
    }),
    { numRuns: 5000 },
  );
});

test("a list is the same with and without its slash, and capabilities are what happens", () => {
  fc.assert(
    fc.property(rows, path, (all, where) => {
      const bare = where.replace(/\/$/, "");
      expect(allowed(hclOf(all), "list", bare)).toBe(allowed(hclOf(all), "list", `${bare}/`));
      const capabilities = new AccessList(parsePolicy(hclOf(all))).capabilities(where);
      const real = OPERATIONS.filter((operation) => allowed(hclOf(all), operation, where));
      expect(capabilities.filter((name) => name !== "sudo" && name !== "deny")).toEqual([...real].sort());
      if (capabilities.includes("deny")) expect(capabilities).toEqual(["deny"]);
    }),
    { numRuns: 2000 },
  );
});

test("a narrow deny holds for both spellings of a list", () => {
  const policy = `path "m/*" { capabilities = ["list", "read"] } path "m/r/*" { capabilities = ["deny"] }`;
  expect([allowed(policy, "list", "m/r"), allowed(policy, "list", "m/r/"), allowed(policy, "list", "m/")]).toEqual([
    false,
    false,
    true,
  ]);
});

test("sudo is needed where it is asked for", () => {
  const policy = `path "a" { capabilities = ["read"] } path "b" { capabilities = ["read", "sudo"] }`;
  expect(allowed(policy, "read", "a", { needsSudo: true })).toBe(false);
  expect(allowed(policy, "read", "b", { needsSudo: true })).toBe(true);
});

test("allowed, denied and required parameters", () => {
  const policy = `path "a" {
    capabilities = ["update"]
    allowed_parameters = { "ttl" = ["60", "1*"], "name" = [], "flag" = [true] }
    denied_parameters = { "name" = ["root", "x*"] }
    required_parameters = ["Name"]
  }`;
  const fits = (body: Record<string, unknown>): boolean =>
    allowed(policy, "update", "a", { parameters: new Map(Object.entries(body)) });
  expect(fits({ name: "ann" })).toBe(true);
  expect(fits({ NAME: "ann", ttl: 60, flag: "true" })).toBe(true);
  expect(fits({ name: "ann", ttl: "17" })).toBe(true);
  expect(fits({ ttl: "60" })).toBe(false);
  expect(fits({ name: "root" })).toBe(false);
  expect(fits({ name: ["ann", "root"] })).toBe(false);
  expect(fits({ name: "xavier" })).toBe(false);
  expect(fits({ name: "ann", ttl: "20" })).toBe(false);
  expect(fits({ name: "ann", other: 1 })).toBe(false);
});

test("wrapping bounds", () => {
  const policy = `path "a" { capabilities = ["read"], min_wrapping_ttl = "1m", max_wrapping_ttl = 120 }`;
  const fits = [undefined, 59, 60, 120, 121].map((wrapTtlSeconds) => allowed(policy, "read", "a", { wrapTtlSeconds }));
  expect(fits).toEqual([false, false, true, true, false]);
});
