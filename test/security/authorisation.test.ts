import * as fc from "fast-check";
import type { Api } from "../support/api";
import { ServerProcess } from "../support/server-process";

let server: ServerProcess;
let root: Api;

beforeAll(async () => {
  server = await ServerProcess.start({ storage: "inmem" });
  root = server.api.with((await server.initialize()).rootToken);
  await root.must("POST", "sys/mounts/kv", { type: "kv" });
  for (const path of PATHS) await root.must("POST", `kv/${path}`, { v: 1 });
}, 60_000);

afterAll(async () => {
  root?.close();
  await server?.destroy();
});

const PATHS = ["a", "a/b", "a/b/c", "ab", "ab/c", "b", "b/a", "a/+", "a*"];
const OPERATIONS = [
  { capability: "read", method: "GET", path: (path: string) => `kv/${path}` },
  { capability: "update", method: "POST", path: (path: string) => `kv/${path}` },
  { capability: "delete", method: "DELETE", path: (path: string) => `kv/${path}` },
  { capability: "list", method: "LIST", path: (path: string) => `kv/${path}/` },
] as const;

async function tokenWith(policies: readonly string[], extra: object = {}): Promise<Api> {
  const { auth } = await root.must("POST", "auth/token/create", { policies, no_default_policy: true, ...extra });
  return server.api.with(String(auth?.client_token));
}

interface Rule {
  readonly path: string;
  readonly capabilities: readonly string[];
}

const segment = fc.constantFrom("a", "b", "c", "ab", "+", "+");
const rule: fc.Arbitrary<Rule> = fc.record({
  path: fc
    .tuple(fc.array(segment, { minLength: 1, maxLength: 3 }), fc.constantFrom("", "", "*", "/", "/*"))
    // "+*" is no pattern; the server refuses it.
    .map(([segments, end]) => `kv/${segments.join("/")}${end === "*" && segments.at(-1) === "+" ? "/*" : end}`),
  capabilities: fc.uniqueArray(fc.constantFrom("create", "read", "update", "delete", "list", "deny"), {
    minLength: 1,
    maxLength: 4,
  }),
});

function policyText(rules: readonly Rule[]): string {
  return rules.map((each) => `path "${each.path}" { capabilities = ${JSON.stringify(each.capabilities)} }`).join("\n");
}

const CAPABILITIES = ["create", "delete", "list", "read", "update"];

function referenceCapabilities(rules: readonly Rule[], path: string): readonly string[] {
  const granted = CAPABILITIES.filter((capability) => referenceAllows(rules, capability, path));
  return granted.length === 0 ? ["deny"] : granted;
}

/**
 * The published rules: an exact path decides, else the most specific pattern; deny wins over everything said of the same
 * pattern. A list means the same with and without its slash.
 */
function referenceAllows(rules: readonly Rule[], capability: string, path: string): boolean {
  const bare = path.replace(/\/$/, "");
  const spellings = capability === "list" ? [`${bare}/`, bare] : [path];
  const matching = rules.filter((each) => spellings.some((spelling) => matches(each.path, spelling)));
  const exact = matching.filter((each) => spellings.includes(each.path) && !/[+*]/.test(each.path));
  if (exact.some((each) => each.capabilities.includes("deny"))) return false;
  const best = [...matching].sort((one, two) => comparePatterns(two.path, one.path))[0];
  const deciding = matching.filter((each) => each.path === best?.path).flatMap((each) => each.capabilities);
  return deciding.includes(capability) && !deciding.includes("deny");
}

function matches(pattern: string, path: string): boolean {
  const isPrefix = pattern.endsWith("*");
  const expected = (isPrefix ? pattern.slice(0, -1) : pattern).split("/");
  const actual = path.split("/");
  if (isPrefix ? actual.length < expected.length : actual.length !== expected.length) return false;
  return expected.every((part, at) => {
    const isLast = at === expected.length - 1;
    if (part === "+") return true;
    return isPrefix && isLast ? (actual[at] ?? "").startsWith(part) : part === actual[at];
  });
}

/** Greater than 0 when `one` is more specific than `two` (the documented order of priority matching). */
function comparePatterns(one: string, two: string): number {
  const exact = (pattern: string): boolean => !pattern.endsWith("*") && !pattern.includes("+");
  if (exact(one) !== exact(two)) return exact(one) ? 1 : -1;
  const first = (pattern: string): number => {
    const at = pattern.search(/\+|\*$/);
    return at === -1 ? pattern.length : at;
  };
  const plus = (pattern: string): number => pattern.split("/").filter((part) => part === "+" || part === "+*").length;
  const order = [
    first(one) - first(two),
    Number(two.endsWith("*")) - Number(one.endsWith("*")),
    plus(two) - plus(one),
    one.length - two.length,
  ];
  return order.find((difference) => difference !== 0) ?? (one < two ? -1 : one > two ? 1 : 0);
}

test("random policies: what capabilities-self says is what happens, and what the published rules say", async () => {
  const policies = fc.array(rule, { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(policies, async (rules) => {
      await root.must("PUT", "sys/policies/acl/random", { policy: policyText(rules) });
      const token = await tokenWith(["random", "asks"]);
      for (const path of PATHS) await checkPath(token, rules, path);
      token.close();
    }),
    { numRuns: 40 },
  );
});

async function checkPath(token: Api, rules: readonly Rule[], path: string): Promise<void> {
  for (const { capability, method, path: target } of OPERATIONS) {
    const asked = target(path);
    const reference = referenceCapabilities(rules, asked);
    const said = (await token.must("POST", "sys/capabilities-self", { paths: [asked] })).data?.[asked] as string[];
    expect([policyText(rules), asked, [...said].sort()]).toEqual([policyText(rules), asked, reference]);
    const answer = await token.send(method, asked, method === "POST" ? { v: 1 } : undefined);
    expect([policyText(rules), method, asked, answer.status !== 403]).toEqual([
      policyText(rules),
      method,
      asked,
      reference.includes(capability),
    ]);
    if (method === "DELETE") await root.must("POST", `kv/${path}`, { v: 1 });
  }
}

beforeAll(async () => {
  await root.must("PUT", "sys/policies/acl/asks", {
    policy: 'path "sys/capabilities-self" { capabilities = ["update"] }',
  });
});

test("adding a deny never lets anybody in", async () => {
  const rules: Rule[] = [{ path: "kv/a/*", capabilities: ["read"] }];
  await root.must("PUT", "sys/policies/acl/open", { policy: policyText(rules) });
  await root.must("PUT", "sys/policies/acl/shut", { policy: policyText([{ path: "kv/a/*", capabilities: ["deny"] }]) });
  expect((await (await tokenWith(["open"])).get("kv/a/b")).status).toBe(200);
  expect((await (await tokenWith(["open", "shut"])).get("kv/a/b")).status).toBe(403);
});

describe("root is reachable only from root", () => {
  const maker =
    'path "auth/token/create*" { capabilities = ["create", "update"] }\npath "auth/token/roles/*" { capabilities = ["create", "update"] }';

  it.each([["root"], ["ROOT"], ["Root"], [" root"], ["root "], ["root\u0000"], ["r\u006fot"], ["\u212aroot"]])(
    "%j",
    async (name) => {
      await root.must("PUT", "sys/policies/acl/maker", { policy: maker });
      const token = await tokenWith(["maker"]);
      for (const body of [
        { policies: [name] },
        { policies: name },
        { policies: `default,${name}` },
        { policies: [name], type: "batch" },
      ]) {
        const { status, body: answer } = await token.post("auth/token/create", body);
        const given = status === 200 ? ((answer.auth?.policies ?? []) as string[]) : [];
        expect([body, given.includes("root")]).toEqual([body, false]);
      }
      await token.post("auth/token/roles/climb", { allowed_policies: [name], orphan: true });
      const climbed = await token.post("auth/token/create/climb", { policies: [name] });
      if (climbed.status === 200) {
        const made = server.api.with(String(climbed.body.auth?.client_token));
        expect((await made.get("sys/mounts")).status).toBe(403);
        made.close();
      }
      token.close();
    },
  );
});

describe("used once", () => {
  it("a wrapping token opened by 1,000 at once is opened by one", async () => {
    const { wrap_info } = await root.must("GET", "kv/a", undefined, { headers: { "X-Vault-Wrap-TTL": "60" } });
    const token = String(wrap_info?.token);
    const byBody = Array.from({ length: 500 }, () => root.post("sys/wrapping/unwrap", { token }));
    const byHeader = Array.from({ length: 500 }, () => server.api.post("sys/wrapping/unwrap", {}, { token }));
    const answers = await Promise.all([...byBody, ...byHeader]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ text }) => text.includes('"v":1'))).toHaveLength(1);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 400]));
  });

  it("a token of 10 uses serves 10 of 200 at once", async () => {
    const token = await tokenWith(["default"], { num_uses: 10 });
    const answers = await Promise.all(Array.from({ length: 200 }, () => token.get("auth/token/lookup-self")));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
    token.close();
  });
});

describe("lifetimes", () => {
  it("none outlives its limits, whatever is asked for", async () => {
    await root.must("PUT", "sys/policies/acl/child", {
      policy: 'path "auth/token/*" { capabilities = ["create", "update"] }',
    });
    const parent = await tokenWith(["child"], { ttl: "10m", explicit_max_ttl: "20m" });
    for (const ttl of ["0", "800000h", "768h1s", 9e15, "-5"]) {
      const { status, body } = await parent.post("auth/token/create", { ttl, policies: ["child"] });
      if (status !== 200) continue;
      expect(Number(body.auth?.lease_duration)).toBeGreaterThan(0);
      expect(Number(body.auth?.lease_duration)).toBeLessThanOrEqual(768 * 3600);
    }
    const renewed = await parent.must("POST", "auth/token/renew-self", { increment: "800000h" });
    expect(Number(renewed.auth?.lease_duration)).toBeLessThanOrEqual(20 * 60);
    parent.close();
  });

  it("an expired token is refused at once", async () => {
    const token = await tokenWith(["default"], { ttl: "1s" });
    expect((await token.get("auth/token/lookup-self")).status).toBe(200);
    await new Promise((settle) => setTimeout(settle, 1_100));
    expect((await token.get("auth/token/lookup-self")).status).toBe(403);
    token.close();
  });
});
