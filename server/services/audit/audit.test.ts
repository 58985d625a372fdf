import { execFileSync } from "node:child_process";
import { constants } from "node:fs";
import { chmod, mkdtemp, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AuditedRequest, AuditedResponse } from "../../sdk/audit";
import { hmacSha256 } from "../../sdk/crypto";
import type { JsonObject, JsonValue } from "../../sdk/json";
import { ExactNumber, parseJson, RawJson } from "../../sdk/json";
import type { LogEntry, LogOperation } from "../../sdk/log";
import { ManualClock } from "../../sdk/testing/manual-clock";
import { MemoryBarrier, memoryView } from "../../sdk/testing/memory-view";
import { noLogger } from "../../sdk/testing/no-logger";
import { seededRandom } from "../../sdk/testing/seeded-random";
import { AuditService } from "./audit-service";
import { FileSink } from "./file-sink";

const CANARY = "canary-5f1c";

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "meridian-audit-"));
});
afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.close()));
  await rm(directory, { recursive: true, force: true });
});

const services: AuditService[] = [];

interface Fixture {
  readonly service: AuditService;
  readonly barrier: MemoryBarrier;
  readonly open: (service: AuditService) => Promise<void>;
}

async function opened(barrier = new MemoryBarrier(), seed = 3): Promise<Fixture> {
  const views = {
    view: (prefix: string, keyClass: "replicated" | "local" | "node") =>
      memoryView(keyClass, prefix.replaceAll("/", ":"), barrier),
  };
  const options = { clock: new ManualClock(), random: seededRandom(seed), logger: noLogger, nodeId: "node-1" };
  const service = new AuditService(options);
  services.push(service);
  const open = (target: AuditService): Promise<void> => target.open(views, "dc-a");
  await open(service);
  return { service, barrier, open };
}

function enable(service: AuditService, options: Record<string, string>, path = "file"): Promise<void> {
  return service.enable({
    path,
    type: "file",
    description: "",
    local: false,
    options: new Map(Object.entries(options)),
  });
}

function request(data: JsonObject, changes: Partial<AuditedRequest> = {}): AuditedRequest {
  return {
    id: "r1",
    operation: "update",
    path: "secret/data/a",
    mountPath: "secret/",
    mountType: "kv",
    mountAccessor: "kv_1",
    mountClass: "secret",
    remoteAddress: "127.0.0.1",
    remotePort: 1,
    clientToken: `token-${CANARY}`,
    token: undefined,
    wrapTtlSeconds: undefined,
    data,
    clearRequestKeys: [],
    clearResponseKeys: [],
    sensitiveKeys: new Set(),
    ...changes,
  };
}

function response(data: JsonObject | RawJson): AuditedResponse {
  return { outcome: { kind: "data", data }, auth: undefined, error: "", leaseId: "" };
}

function entryOf(operation: LogOperation): LogEntry {
  const epoch = { number: 0, clusterId: "c" };
  return {
    version: 1,
    index: 1,
    epochs: { performance: epoch, dr: epoch },
    origin: { clusterId: "c", index: 1 },
    operations: [operation],
    indexDelta: [],
    writtenAtMilliseconds: 0,
  };
}

async function lines(path: string): Promise<readonly JsonObject[]> {
  const text = await readFile(path, "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => parseJson(line))
    .filter((line): line is JsonObject => line instanceof Map);
}

function member(document: JsonValue | undefined, ...names: readonly string[]): JsonValue | undefined {
  let found = document;
  for (const name of names) found = found instanceof Map ? found.get(name) : undefined;
  return found;
}

test("every scalar is hashed under the device's salt, in requests and responses, and audit-hash gives the same", async () => {
  const { service } = await opened();
  const path = join(directory, "audit.log");
  await enable(service, { file_path: path });
  const data: JsonObject = new Map<string, JsonValue>([
    ["text", CANARY],
    ["number", 4711],
    ["exact", new ExactNumber("90071992547409931")],
    ["flag", true],
    ["nothing", null],
    ["__proto__", new Map<string, JsonValue>([["deep", [CANARY]]])],
  ]);
  await service.request(request(data), "");
  await service.response(request(data), response(new RawJson(`{"value":"${CANARY}","count":4711}`)));
  const text = await readFile(path, "utf8");
  for (const secret of [CANARY, "4711", "90071992547409931"]) expect(text).not.toContain(secret);
  const [, asked, answered] = await lines(path);
  expect(member(asked, "type")).toBe("request");
  expect(member(asked, "request", "path")).toBe("secret/data/a");
  expect(member(asked, "request", "data", "text")).toBe(service.hash("file", CANARY));
  expect(member(asked, "request", "data", "number")).toBe(service.hash("file", "4711"));
  expect(member(asked, "request", "data", "flag")).toBe(service.hash("file", "true"));
  expect(member(asked, "request", "data", "nothing")).toBeNull();
  expect(member(asked, "request", "data", "__proto__", "deep")).toEqual([service.hash("file", CANARY)]);
  expect(member(asked, "request", "client_token")).toBe(service.hash("file", `token-${CANARY}`));
  expect(member(answered, "type")).toBe("response");
  expect(member(answered, "response", "data", "value")).toBe(service.hash("file", CANARY));
  expect(service.hash("file/", "a")).toMatch(/^hmac-sha256:[0-9a-f]{64}$/);
  expect(() => service.hash("other", "a")).toThrow("unknown audit backend");
});

test("the hash is HMAC-SHA256 of the stored salt, another device's differs", async () => {
  const { service, barrier } = await opened();
  await enable(service, { file_path: "discard" }, "one");
  await enable(service, { file_path: "discard" }, "two");
  const stored = [...barrier.pairs].find(([key]) => key.endsWith("one"))?.[1].value;
  const salt = Buffer.from(String(member(parseJson(stored ?? ""), "salt")), "base64");
  expect(service.hash("one", "x")).toBe(`hmac-sha256:${hmacSha256(salt, "x").toString("hex")}`);
  expect(service.hash("two", "x")).not.toBe(service.hash("one", "x"));
});

test("keys that the mount exempts are clear, but not what is declared sensitive", async () => {
  const { service } = await opened();
  const path = join(directory, "audit.log");
  await enable(service, { file_path: path });
  const data = new Map<string, JsonValue>([
    ["shown", "clear-1"],
    ["password", CANARY],
    ["other", CANARY],
  ]);
  const changes = { clearRequestKeys: ["shown", "password"], sensitiveKeys: new Set(["password"]) };
  await service.request(request(data, changes), "");
  const [, asked] = await lines(path);
  expect(member(asked, "request", "data", "shown")).toBe("clear-1");
  expect(await readFile(path, "utf8")).not.toContain(CANARY);
});

test("hostile text stays inside its line", async () => {
  const { service } = await opened();
  const path = join(directory, "audit.log");
  await enable(service, { file_path: path });
  await service.request(request(new Map([["a\n{}", "b"]]), { path: 'x\n{"type":"request"}\u001b[31m' }), "e\nf");
  expect(await lines(path)).toHaveLength(2);
});

test("the file is 0600, its folder 0700, and the path knows node and cluster", async () => {
  const { service } = await opened();
  await enable(service, { file_path: join(directory, "{{cluster_name}}", "{{node_id}}.log") });
  const path = join(directory, "dc-a", "node-1.log");
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await stat(join(directory, "dc-a"))).mode & 0o777).toBe(0o700);
});

test.each([
  [{}, "file_path is required"],
  [{ file_path: "x", mode: "0755" }, "execute"],
  [{ file_path: "x", mode: "rw" }, "octal"],
  [{ file_path: "x", log_raw: "maybe" }, "log_raw"],
  [{ file_path: "x", prefix: "#!/bin/sh\n" }, "prefix"],
  [{ file_path: "x", format: "jsonx" }, "format"],
  [{ file_path: "x", other: "y" }, "not known"],
])("options %j are refused", async (options, reason) => {
  const { service } = await opened();
  await expect(enable(service, options)).rejects.toMatchObject({ code: "invalid_request" });
  await expect(enable(service, options)).rejects.toThrow(reason);
  expect(service.list()).toEqual([]);
});

test("a program or a folder is no audit log", async () => {
  const { service } = await opened();
  const program = join(directory, "program");
  await writeFile(program, "#!/bin/sh\n");
  await chmod(program, 0o755);
  await expect(enable(service, { file_path: program })).rejects.toMatchObject({ code: "invalid_request" });
  await expect(enable(service, { file_path: directory })).rejects.toMatchObject({ code: "invalid_request" });
  expect(await readFile(program, "utf8")).toBe("#!/bin/sh\n");
});

test("without a device there is no trail; with one that fails every request is refused; with another that works none is", async () => {
  const { service } = await opened();
  expect(service.request(request(new Map()), "")).toBeUndefined();
  const blocked = join(directory, "blocked", "audit.log");
  await enable(service, { file_path: blocked }, "blocked");
  await service.close();
  await rm(join(directory, "blocked"), { recursive: true });
  await writeFile(join(directory, "blocked"), "not a folder");
  const reopened = await opened();
  await enable(reopened.service, { file_path: join(directory, "x", "audit.log") }, "broken");
  await rm(join(directory, "x"), { recursive: true });
  await writeFile(join(directory, "x"), "not a folder");
  await reopened.open(reopened.service);
  expect(reopened.service.list().map((entry) => entry.path)).toEqual(["broken/"]);
  await expect(reopened.service.request(request(new Map()), "")).rejects.toMatchObject({ code: "audit_failed" });
  await expect(reopened.service.response(request(new Map()), response(new Map()))).rejects.toMatchObject({
    code: "audit_failed",
  });
  await enable(reopened.service, { file_path: join(directory, "good.log") }, "good");
  await reopened.service.request(request(new Map()), "");
  expect(await lines(join(directory, "good.log"))).toHaveLength(2);
  await reopened.service.disable("good");
  await expect(reopened.service.request(request(new Map()), "")).rejects.toMatchObject({ code: "audit_failed" });
});

test("/dev/full: ENOSPC refuses, and a device that fails is not enabled", async () => {
  const { service } = await opened();
  await expect(enable(service, { file_path: "/dev/full" })).rejects.toMatchObject({ code: "invalid_request" });
  const sink = new FileSink("/dev/full", 0o600, new ManualClock());
  await expect(sink.append("x\n")).rejects.toMatchObject({ code: "ENOSPC" });
  await sink.close();
});

test("a device that hangs refuses after a bound, and at once from then on", async () => {
  const path = join(directory, "fifo");
  execFileSync("mkfifo", [path]);
  const clock = new ManualClock();
  const sink = new FileSink(path, 0o600, clock);
  const first = sink.append("a\n");
  const refused = expect(first).rejects.toThrow("does not take entries");
  await new Promise((resolve) => setImmediate(resolve));
  const behind = sink.append("b\n");
  const refusedToo = expect(behind).rejects.toThrow("does not take entries");
  clock.advance(6000);
  await Promise.all([refused, refusedToo]);
  await expect(sink.append("c\n")).rejects.toThrow("does not take entries");
  const reader = await open(path, constants.O_RDWR);
  await reader.read(Buffer.alloc(2), 0, 2);
  let attempts = 0;
  // The write that hung ends in a thread of its own, in its own time.
  while (
    !(await sink.append("d\n").then(
      () => true,
      () => false,
    ))
  ) {
    expect(++attempts).toBeLessThan(1_000);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await sink.close();
  await reader.close();
});

test("after a rotation and a reopen the lines go to the new file", async () => {
  const { service } = await opened();
  const path = join(directory, "audit.log");
  await enable(service, { file_path: path });
  await rename(path, `${path}.1`);
  await service.reopen();
  await service.request(request(new Map()), "");
  expect(await lines(path)).toHaveLength(1);
  expect(await lines(`${path}.1`)).toHaveLength(1);
});

test("devices and salts survive a restart; disabling forgets the salt", async () => {
  const { service, barrier } = await opened();
  const path = join(directory, "audit.log");
  await enable(service, { file_path: path });
  const hash = service.hash("file", "x");
  await expect(enable(service, { file_path: path })).rejects.toThrow("path already in use");
  const again = await opened(barrier, 4);
  expect(again.service.hash("file", "x")).toBe(hash);
  await again.service.disable("file");
  expect(barrier.pairs.size).toBe(0);
  await enable(again.service, { file_path: path });
  expect(again.service.hash("file", "x")).not.toBe(hash);
});

test("once closed nothing passes for want of a device: a request that outlives the seal is refused", async () => {
  const { service, open } = await opened();
  await enable(service, { file_path: join(directory, "audit.log") });
  await service.close();
  await expect(service.request(request(new Map()), "")).rejects.toMatchObject({ code: "sealed" });
  await expect(service.response(request(new Map()), response(new Map()))).rejects.toMatchObject({ code: "sealed" });
  await open(service);
  await service.request(request(new Map()), "");
});

test("a device that is enabled while older entries are still being read stays", async () => {
  const barrier = new MemoryBarrier();
  let release: () => void = () => undefined;
  let held: Promise<void> | undefined;
  const service = new AuditService({
    clock: new ManualClock(),
    random: seededRandom(5),
    logger: noLogger,
    nodeId: "n",
  });
  services.push(service);
  await service.open(
    {
      view: (prefix, keyClass) => {
        const view = memoryView(keyClass, prefix.replaceAll("/", ":"), barrier);
        const listAll: typeof view.listAll = async (...given) => {
          const keys = await view.listAll(...given);
          await held;
          return keys;
        };
        return new Proxy(view, { get: (target, name) => (name === "listAll" ? listAll : Reflect.get(target, name)) });
      },
    },
    "dc-a",
  );
  held = new Promise((resolve) => {
    release = resolve;
  });
  const operation = { class: "replicated", mountId: "core", key: "core/audit/other", value: undefined } as const;
  service.onEntries([entryOf(operation)]);
  const enabling = enable(service, { file_path: join(directory, "audit.log") });
  await new Promise((resolve) => setTimeout(resolve, 30));
  release();
  held = undefined;
  await enabling;
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(service.list()).toHaveLength(1);
});

test("many entries at once share few writes and are all there", async () => {
  const { service } = await opened();
  const path = join(directory, "audit.log");
  await enable(service, { file_path: path });
  await Promise.all(
    Array.from({ length: 1000 }, (_, index) => service.request(request(new Map(), { id: `r${index}` }), "")),
  );
  const ids = (await lines(path)).map((line) => member(line, "request", "id"));
  expect(new Set(ids).size).toBe(1001);
});

test("on a cluster that may not write shared data nothing is enabled", async () => {
  const { service, barrier } = await opened();
  barrier.commitFailure = "read_only";
  await expect(enable(service, { file_path: "discard" })).rejects.toMatchObject({ code: "read_only" });
  expect(service.list()).toEqual([]);
});
