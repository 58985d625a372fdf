import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { checkDeterminism } from "./determinism";
import { checkLength } from "./function-length";
import { checkGenerated } from "./generated";
import { checkImports } from "./imports";
import { checkProjectWords } from "./words";

/** A small tree with one violation planted in it: each rule must see its own, and nothing in the clean twin. */
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "meridian-rules-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function plant(path: string, text: string): string {
  const full = join(folder, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, text);
  return full;
}

function linkTools(): void {
  for (const name of ["node_modules", ".dependency-cruiser.cjs"]) symlinkSync(resolve(name), join(folder, name));
  for (const name of ["tsconfig.base.json", "biome.json"]) cpSync(resolve(name), join(folder, name));
}

describe("imports", () => {
  const cases: readonly (readonly [rule: string, from: string, to: string])[] = [
    ["sdk-imports-nothing", "server/sdk/a.ts", "server/http/b.ts"],
    ["mounts-see-sdk-only", "server/mounts/secrets/kv/index.ts", "server/mounts/secrets/cubbyhole/index.ts"],
    ["mounts-see-sdk-only", "server/mounts/auth/userpass/index.ts", "server/services/token/store.ts"],
    ["system-mount-sees-sdk-only", "server/mounts/system/path-a.ts", "server/services/token/store.ts"],
    ["storage-sees-sdk-only", "server/storage/memory/index.ts", "server/storage/lmdb/index.ts"],
    ["only-main-constructs-engines", "server/pipeline/index.ts", "server/storage/lmdb/index.ts"],
    ["raw-storage", "server/services/token/store.ts", "server/sdk/storage.ts"],
    ["http-knows-no-business", "server/http/listener.ts", "server/pipeline/index.ts"],
    ["pipeline-sees", "server/pipeline/index.ts", "server/mounts/secrets/kv/index.ts"],
    ["router-sees", "server/router/table.ts", "server/pipeline/index.ts"],
    ["services-see", "server/services/token/store.ts", "server/router/table.ts"],
    ["log-and-index-see", "server/replication/log/writer.ts", "server/replication/stream/server.ts"],
    ["src-sees-openapi-only", "src/client/client.ts", "server/sdk/errors.ts"],
    ["framework-is-general", "src/framework/schema.ts", "src/client/client.ts"],
    ["constructs-see-neither", "constructs/l2/cluster.ts", "src/provider.ts"],
    ["constructs-levels", "constructs/l2/cluster.ts", "constructs/l3/topology.ts"],
    ["l1-stands-alone", "constructs/l1/a.ts", "constructs/l2/cluster.ts"],
    ["nobody-imports-the-roots", "src/client/client.ts", "src/provider-main.ts"],
  ];

  let findings: ReturnType<typeof checkImports>;

  /** All violations in one tree, read once. */
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "meridian-imports-"));
    linkTools();
    const imports = new Map<string, string[]>();
    for (const [, from, to] of cases) {
      imports.set(from, [...(imports.get(from) ?? []), to]);
      if (!imports.has(to)) imports.set(to, []);
    }
    for (const [path, targets] of imports) {
      const depth = "../".repeat(path.split("/").length - 1);
      const lines = targets.map(
        (to, index) => `export { x as x${index} } from "${depth}${to.replace(/\.ts$/, "")}";\n`,
      );
      plant(path, `${lines.join("")}export const x = 1;\n`);
    }
    findings = checkImports(folder, ["server", "src", "constructs"], 2);
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(cases)("%s sees %s importing %s", (rule, from, to) => {
    const expected = { path: from, line: 1, message: `${rule}: must not import ${to}` };
    expect(findings).toContainEqual(expected);
  });

  it("sees a cycle, node:crypto outside its homes, node:http in the listener and the CDK outside cdk.ts", () => {
    linkTools();
    plant("server/sdk/a.ts", 'import { b } from "./b";\nexport const a = (): number => b();\n');
    plant("server/sdk/b.ts", 'import { a } from "./a";\nexport const b = (): number => a();\n');
    plant("server/services/token/c.ts", 'import { createHash } from "node:crypto";\nexport const c = createHash;\n');
    plant("server/http/d.ts", 'import { createServer } from "node:http";\nexport const d = createServer;\n');
    plant("constructs/l2/e.ts", 'import { App } from "cdktf";\nexport const e = App;\n');
    const rules = checkImports(folder, ["server", "constructs"], 2).map((finding) => finding.message.split(":")[0]);
    expect(rules).toEqual(
      expect.arrayContaining(["no-cycles", "node-crypto", "no-node-http-listener", "one-door-to-the-cdk"]),
    );
  });

  it("accepts a clean tree and refuses to have read nothing", () => {
    linkTools();
    plant("server/sdk/a.ts", "export const a = 1;\n");
    plant("server/services/token/b.ts", 'import { a } from "../../sdk/a";\nexport const b = a;\n');
    expect(checkImports(folder, ["server"], 2)).toEqual([]);
    expect(checkImports(folder, ["server"], 3)[0]?.message).toMatch(/only 2 modules were read/);
  });
});

describe("length", () => {
  it("sees a function of 71 lines and a file of 401 with code", () => {
    const body = "  x += 1;\n".repeat(69);
    const long = plant("long.ts", `export function f(): number {\n  let x = 0;\n${body}return x;\n}\n`);
    expect(checkLength([long])[0]?.message).toMatch(/function of 73 lines/);
    const step = `export function g(): number {\n${"  // step\n".repeat(20)}  return 1;\n}\n`;
    const wide = plant("wide.ts", `${step}${"export const z = 1;\n".repeat(400)}`);
    expect(checkLength([wide])[0]?.message).toMatch(/the file has/);
  });

  it("accepts a long table and a long suite", () => {
    const table = plant("table.ts", `export const t = [\n${"  1,\n".repeat(600)}];\n`);
    const suite = plant("suite.test.ts", `describe("x", () => {\n${'  it("a", () => {});\n'.repeat(100)}});\n`);
    expect(checkLength([table, suite])).toEqual([]);
  });
});

describe("determinism", () => {
  it.each(["Date.now()", "Math.random()", "setTimeout(f, 1)", "new Date()", "performance.now()"])(
    "sees %s in the server",
    (call) => {
      const path = plant("server/services/a.ts", `export const a = (f: () => void): unknown => ${call};\n`);
      expect(checkDeterminism([path])).toHaveLength(1);
    },
  );

  it("accepts the adapters and dates made from a given time", () => {
    const clock = plant("server/sdk/clock.ts", "export const now = (): number => Date.now();\n");
    const other = plant("server/sdk/b.ts", "export const b = (at: number): Date => new Date(at);\n");
    expect(checkDeterminism([clock, other])).toEqual([]);
  });
});

describe("words", () => {
  it("sees a silenced check and unfinished work", () => {
    const path = plant("a.ts", `// @ts-${"ignore"}\n// biome-${"ignore"} lint: x\n// ${"TO"}${"DO"} later\n`);
    expect(checkProjectWords([path]).map((finding) => finding.line)).toEqual([1, 2, 3]);
  });
});

describe("types, lint and generated files", () => {
  const run = (command: string, args: readonly string[]): number | null =>
    spawnSync(resolve("node_modules/.bin", command), args, { cwd: folder, encoding: "utf8" }).status;

  it("the compiler sees an unchecked index and an implicit any", () => {
    linkTools();
    plant(
      "tsconfig.json",
      '{ "extends": "./tsconfig.base.json", "compilerOptions": { "types": [] }, "include": ["*.ts"] }',
    );
    const path = plant("a.ts", "export const f = (x: readonly string[]): string => x[0];\n");
    expect(run("tsc", ["-p", "."])).not.toBe(0);
    writeFileSync(path, 'export const f = (x: readonly string[]): string => x[0] ?? "";\n');
    expect(run("tsc", ["-p", "."])).toBe(0);
  });

  it("the linter sees an any and a non-null assertion", () => {
    plant(
      "biome.json",
      JSON.stringify({ linter: { rules: { recommended: true, suspicious: { noExplicitAny: "error" } } } }),
    );
    plant("a.ts", "export const a = (x: any): string => x.b!;\n");
    expect(run("biome", ["lint", "--error-on-warnings", "a.ts"])).not.toBe(0);
  });

  it("the formatter sees a line that is not as it would write it", () => {
    linkTools();
    spawnSync("git", ["init", "-q"], { cwd: folder });
    const path = plant("a.ts", "export const a = {b: 1}\n");
    expect(run("biome", ["ci", "a.ts"])).not.toBe(0);
    writeFileSync(path, "export const a = { b: 1 };\n");
    expect(run("biome", ["ci", "a.ts"])).toBe(0);
  });

  it("a generated file that differs from its source is seen", () => {
    const git = (...args: string[]): unknown => spawnSync("git", args, { cwd: folder });
    git("init", "-q");
    plant("generate.mjs", 'import { writeFileSync } from "node:fs";\nwriteFileSync("out.json", "1\\n");\n');
    plant("out.json", "1\n");
    git("add", "-A");
    git("-c", "user.name=t", "-c", "user.email=t@example.invalid", "commit", "-qm", "x");
    expect(checkGenerated(folder, ["generate.mjs"], ["out.json"])).toEqual([]);
    writeFileSync(
      join(folder, "generate.mjs"),
      'import { writeFileSync } from "node:fs";\nwriteFileSync("out.json", "2\\n");\n',
    );
    expect(checkGenerated(folder, ["generate.mjs"], ["out.json"])[0]?.path).toBe("out.json");
  });
});
