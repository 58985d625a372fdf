import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv } from "ajv";
import { parseCommandLine } from "./flags";
import { helpText, sampleConfiguration } from "./help";
import { optionTable } from "./options";
import { readConfiguration } from "./read";
import { configurationSchema } from "./schema";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "meridian-config-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const KEY = Buffer.alloc(32, 7).toString("base64");
const HCL = `
cluster_name = "dc-a" # a comment
default_lease_ttl = "1h"
listener "tcp" { address = "127.0.0.1:18200"  tls_disable = 1 }
storage "lmdb" { path = "/tmp/x" }
seal "static" { current_key_id = "k1"  current_key = "${KEY}" }
`;
const JSON_FORM = {
  cluster_name: "dc-a",
  default_lease_ttl: 3600,
  listener: [{ tcp: { address: "127.0.0.1:18200", tls_disable: true } }],
  storage: { lmdb: { path: "/tmp/x" } },
  seal: { static: { current_key_id: "k1", current_key: KEY } },
};

it("has a schema that is one, which no start checks again", () => {
  const ajv = new Ajv();
  expect(ajv.validateSchema(configurationSchema())).toBe(true);
  expect(ajv.validateSchema({ type: "objekt" })).toBe(false);
});

describe("readConfiguration", () => {
  it("reads HCL and JSON to the same configuration", async () => {
    const hcl = await readConfiguration([file("a.hcl", HCL)]);
    expect(await readConfiguration([file("b.json", JSON.stringify(JSON_FORM))])).toEqual(hcl);
    expect(hcl).toMatchObject({
      clusterName: "dc-a",
      defaultLeaseTtlSeconds: 3600,
      maxLeaseTtlSeconds: 2_764_800,
      apiAddress: "http://127.0.0.1:18200",
      clusterAddress: "https://127.0.0.1:18201",
      storage: { engine: "lmdb", path: "/tmp/x" },
      seal: { kind: "static", currentKeyId: "k1" },
      replication: { consistencyWaitSeconds: 2, drClientRequests: "forward" },
    });
  });

  it.each([
    [{}, 2],
    [{ best_effort_wal_wait_duration: "500ms" }, 0.5],
    [{ best_effort_wal_wait_duration: "500ms", consistency_wait: "1s" }, 1],
  ])("takes the wait of %j as %d s, by either name", async (replication, expected) => {
    const text = JSON.stringify({ ...JSON_FORM, replication });
    expect((await readConfiguration([file("wait.json", text)])).replication.consistencyWaitSeconds).toBe(expected);
  });

  it("takes the replication stanza of an existing file", async () => {
    const stanza = `replication {
      resolver_discover_servers = true
      logshipper_buffer_length = 130000
      logshipper_buffer_size = 1073741824
      best_effort_wal_wait_duration = "3s"
      allow_forwarding_via_header = true
      allow_forwarding_via_token = "new_token"
    }`;
    const { replication } = await readConfiguration([file("stanza.hcl", `${HCL}\n${stanza}`)]);
    const { replication: defaults } = await readConfiguration([file("bare.hcl", HCL)]);
    expect(replication).toEqual({ ...defaults, consistencyWaitSeconds: 3 });
  });

  it.each([
    ["127.0.0.1:8200", {}, []],
    ["10.0.0.1:8200", {}, []],
    ["0.0.0.0:8200", {}, ["api_addr", "cluster_addr"]],
    ["[::]:8200", { api_addr: "https://10.0.0.1:8200" }, ["cluster_addr"]],
    ["0.0.0.0:8200", { api_addr: "https://10.0.0.1:8200", cluster_addr: "https://10.0.0.1:8201" }, []],
  ])("knows which addresses of a listener on %s with %j are good on this machine alone", async (at, given, guessed) => {
    const listener = [{ tcp: { address: at, tls_disable: true } }];
    const text = JSON.stringify({ ...JSON_FORM, ...given, listener });
    expect((await readConfiguration([file("addresses.json", text)])).guessedAddresses).toEqual(guessed);
  });

  it("merges a directory in the order of names", async () => {
    file("1.json", JSON.stringify({ ...JSON_FORM, cluster_name: "one" }));
    file("2.hcl", 'cluster_name = "two"\n');
    file("ignored.txt", "nonsense");
    expect((await readConfiguration([folder])).clusterName).toBe("two");
  });

  it.each<[what: string, text: string, message: RegExp]>([
    ["an unknown key", '{"listner": []}', /a\.json: unknown key "listner"; allowed: .*api_addr.*listener/],
    [
      "an unknown nested key",
      JSON.stringify({ ...JSON_FORM, listener: [{ tcp: { adress: "x" } }] }),
      /unknown key "listener.0.tcp.adress"; allowed: address, cluster_address/,
    ],
    [
      "a wait longer than a request",
      JSON.stringify({ ...JSON_FORM, replication: { sync_dr_timeout: "61s" } }),
      /replication\.sync_dr_timeout must be at most 60 seconds/,
    ],
    [
      "a wait of no time",
      JSON.stringify({ ...JSON_FORM, replication: { sync_dr_timeout: 0 } }),
      /replication\.sync_dr_timeout must be at least 1 second/,
    ],
    [
      "an unknown way of waiting",
      JSON.stringify({ ...JSON_FORM, replication: { sync_dr: "sometimes" } }),
      /"replication\.sync_dr" must be one of off, block, degrade/,
    ],
    ["a wrong type", JSON.stringify({ ...JSON_FORM, cluster_name: 5 }), /"cluster_name" must be of type string/],
    [
      "a value that is not allowed",
      JSON.stringify({ ...JSON_FORM, log_level: "loud" }),
      /"log_level" must be one of trace, debug, info/,
    ],
    [
      "a bad duration",
      JSON.stringify({ ...JSON_FORM, max_lease_ttl: "soon" }),
      /"max_lease_ttl" must be a number or a text like/,
    ],
    [
      "nobody who may catch up",
      JSON.stringify({ ...JSON_FORM, replication: { catch_up_concurrency: 0 } }),
      /replication\.catch_up_concurrency must be 1 or more/,
    ],
    ["no storage", JSON.stringify({ listener: JSON_FORM.listener }), /missing "storage"/],
    [
      "no certificate",
      JSON.stringify({ ...JSON_FORM, listener: { tcp: {} } }),
      /needs tls_cert_file and tls_key_file, or tls_disable/,
    ],
    [
      "a bad address",
      JSON.stringify({ ...JSON_FORM, listener: { tcp: { address: "x", tls_disable: true } } }),
      /listener.tcp.address "x" is not HOST:PORT/,
    ],
    [
      "a short seal key",
      JSON.stringify({ ...JSON_FORM, seal: { static: { current_key_id: "k", current_key: "c2hvcnQ=" } } }),
      /current_key must be 32 bytes in base64.*it has 5 bytes/,
    ],
    ["broken JSON", '{"seal": "hunter2', /a\.json: not valid JSON/],
  ])("refuses %s and says what is allowed", async (_what, text, message) => {
    const path = file("a.json", text);
    await expect(readConfiguration([path])).rejects.toThrow(message);
    await expect(readConfiguration([path])).rejects.not.toThrow(/hunter2/);
  });

  it("names line and column of broken HCL, and files that are not there", async () => {
    await expect(readConfiguration([file("a.hcl", 'listener "tcp" {\n  address = \n}')])).rejects.toThrow(
      /a\.hcl: line 3, column 1/,
    );
    await expect(readConfiguration([join(folder, "none.hcl")])).rejects.toThrow(
      /none\.hcl: cannot be read: it does not exist/,
    );
  });

  it("loads its own sample once the seal key exists", async () => {
    const key = file("seal.key", KEY);
    const sample = sampleConfiguration().replace("/etc/meridian/seal.key", key);
    const configuration = await readConfiguration([file("sample.hcl", sample)]);
    expect(configuration.storage).toEqual({ engine: "lmdb", path: "/var/lib/meridian" });
  });
});

describe("parseCommandLine", () => {
  it("takes one dash, two dashes, an equals sign or a space", () => {
    const expected = { command: "run", config: ["a", "b"], dev: undefined, logLevel: "debug" };
    expect(parseCommandLine(["-config=a", "--config", "b", "-log-level", "debug"], {})).toEqual(expected);
    expect(parseCommandLine(["server", "--config=a", "-config", "b", "--log-level=debug"], {})).toEqual(expected);
  });

  it("knows dev mode and where its root token may come from", () => {
    expect(parseCommandLine(["-dev"], { VAULT_DEV_ROOT_TOKEN_ID: "t" })).toMatchObject({
      dev: { rootTokenId: "t", tls: false },
    });
    expect(parseCommandLine(["-dev-tls", "-dev-root-token-id=u"], {})).toMatchObject({
      dev: { rootTokenId: "u", tls: true },
    });
  });

  it("names what it does not know", () => {
    expect(() => parseCommandLine(["-conf=x"], {})).toThrow(/unknown flag or argument "-conf=x"/);
    expect(() => parseCommandLine([], {})).toThrow(/-config=FILE, or try -dev/);
    expect(() => parseCommandLine(["-config"], {})).toThrow(/-config needs a value/);
  });
});

it("the help shows every option that has an effect, and none that has not", () => {
  const lines = helpText().split("\n");
  for (const row of optionTable) {
    expect(lines.some((line) => line.startsWith(`  ${row.path} `))).toBe(row.ignored !== true);
  }
  expect(helpText()).toContain("listener.tcp.tls_cert_file");
});

describe("telemetry", () => {
  const LISTENER = 'address = "127.0.0.1:18200"  tls_disable = 1';
  const read = (block: string, telemetry: string) =>
    readConfiguration([file("a.hcl", `listener "tcp" { ${LISTENER} ${block} }\nstorage "inmem" {}\n${telemetry}`)]);

  it("is closed and serves Prometheus by default", async () => {
    const { listeners, telemetry } = await read("", "");
    expect(listeners[0]?.unauthenticatedMetricsAccess).toBe(false);
    expect(telemetry.servesPrometheus).toBe(true);
  });

  it("reads what existing files say, in HCL and in JSON", async () => {
    const stanza =
      'telemetry { prometheus_retention_time = "30s"\n disable_hostname = true\n usage_gauge_period = "10m" }';
    const hcl = await read("telemetry { unauthenticated_metrics_access = true }", stanza);
    expect(hcl.listeners[0]?.unauthenticatedMetricsAccess).toBe(true);
    expect(hcl.telemetry.servesPrometheus).toBe(true);
    const tcp = { address: "127.0.0.1:18200", tls_disable: true };
    const json = {
      listener: [{ tcp: { ...tcp, telemetry: [{ unauthenticated_metrics_access: true }] } }],
      storage: { inmem: {} },
      telemetry: [{ prometheus_retention_time: "30s", disable_hostname: true }],
    };
    expect(await readConfiguration([file("b.json", JSON.stringify(json))])).toEqual(hcl);
  });

  it("switches Prometheus off with a retention of 0", async () => {
    expect((await read("", 'telemetry { prometheus_retention_time = "0s" }')).telemetry.servesPrometheus).toBe(false);
  });

  it("refuses what would be sent nowhere, and what it does not know", async () => {
    await expect(read("", 'telemetry { statsd_address = "h:8125" }')).rejects.toThrow('"telemetry.statsd_address"');
    await expect(read("telemetry { open = true }", "")).rejects.toThrow('"listener.0.tcp.telemetry.open"');
  });
});

describe("enable_unauthenticated_access", () => {
  const read = (line: string) =>
    readConfiguration([file("a.hcl", `listener "tcp" { tls_disable = 1 }\nstorage "inmem" {}\n${line}`)]);

  it("names calls; none by default", async () => {
    expect((await read("")).unauthenticatedAccess).toEqual([]);
    const named = 'enable_unauthenticated_access = ["generate-root", "generate-operation-token"]';
    expect((await read(named)).unauthenticatedAccess).toEqual(["generate-root", "generate-operation-token"]);
  });

  it.each(['["everything"]', '"generate-operation-token"', "true", "[1]"])("refuses %s", async (value) => {
    await expect(read(`enable_unauthenticated_access = ${value}`)).rejects.toThrow("enable_unauthenticated_access");
  });
});
