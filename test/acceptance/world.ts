import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { runningPid, stopProcess } from "../../src/nodes/node-process";
import { Api } from "../support/api";
import { TerraformWorkspace } from "../support/terraform";
import { bundle } from "../support/terraform-bundle";

const ADDRESS = "meridian.dev/meridian/meridian";
const VERSION = "0.1.0";
const SERVER = resolve("server/bin/meridian-server");

let built: Promise<string> | undefined;

/** The provider as it ships, in a mirror of this test file's own. */
export function providerMirror(): Promise<string> {
  built ??= makeMirror();
  return built;
}

async function makeMirror(): Promise<string> {
  const mirror = await mkdtemp(join(tmpdir(), "meridian-mirror-"));
  const executable = join(mirror, "bundle", "provider");
  await bundle({ entryPoint: resolve("src/provider-main.ts"), executable, mirror, address: ADDRESS, version: VERSION });
  return mirror;
}

export async function removeMirror(): Promise<void> {
  if (built !== undefined) await rm(await built, { recursive: true, force: true });
  built = undefined;
}

/** What is given to terraform and must be found nowhere afterwards but in the operator file. */
export const CANARY = "canary-5e7d1c0a-do-not-store";

/** A directory with nodes, an operator file and a terraform workspace; everything ends with it. */
export class World {
  private constructor(
    readonly directory: string,
    readonly terraform: TerraformWorkspace,
  ) {}

  static async create(
    body: (world: string) => string,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<World> {
    if (!existsSync("server/dist/meridian-server.js"))
      throw new Error("the server is not built: run npm run build first");
    const directory = await mkdtemp(join(tmpdir(), "meridian-world-"));
    const terraform = await TerraformWorkspace.create({
      mirror: await providerMirror(),
      configuration: configuration(directory, body(directory)),
      environment: { MERIDIAN_SERVER: SERVER, ...environment },
    });
    await terraform.init();
    return new World(directory, terraform);
  }

  async configure(body: string): Promise<void> {
    await this.terraform.configure(configuration(this.directory, body));
  }

  get operatorFile(): string {
    return join(this.directory, "operator.json");
  }

  nodeDirectory(name: string): string {
    return join(this.directory, name);
  }

  pid(name: string): Promise<number | undefined> {
    return runningPid(this.nodeDirectory(name));
  }

  /** Never 0, which would mean this very test. */
  async runningPid(name: string): Promise<number> {
    const pid = await this.pid(name);
    if (pid === undefined) throw new Error(`${name} does not run`);
    return pid;
  }

  /** Until its process is gone. */
  async gone(name: string): Promise<void> {
    for (let tries = 0; (await this.pid(name)) !== undefined; tries += 1) {
      if (tries > 200) throw new Error(`${name} does not end`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  /** The API of a node by its directory, as nobody. */
  async api(name: string): Promise<Api> {
    const record = JSON.parse(await readFile(join(this.nodeDirectory(name), "node.json"), "utf8")) as {
      apiPort: number;
    };
    return new Api(`https://127.0.0.1:${record.apiPort}`, undefined, join(this.nodeDirectory(name), "tls", "ca.pem"));
  }

  /** The API of a node, as the administrator in the operator file. */
  async administrator(name: string): Promise<Api> {
    const operator = JSON.parse(await readFile(this.operatorFile, "utf8")) as OperatorFile;
    const credentials = operator.clusters[name]?.administrator;
    if (credentials === undefined) throw new Error(`no administrator of ${name}`);
    const api = await this.api(name);
    const { role_id, secret_id, mount } = credentials;
    const login = await api.must("POST", `auth/${mount}/login`, { role_id, secret_id });
    return api.with(String(login.auth?.client_token));
  }

  /** Every text that is a secret here: the canary, shares, tokens and credentials of the operator file. */
  async secrets(): Promise<readonly string[]> {
    const operator = JSON.parse(await readFile(this.operatorFile, "utf8")) as OperatorFile;
    const entries = [...Object.values(operator.clusters), ...operator.archive.map(({ entry }) => entry)];
    const found = entries.flatMap(({ keys, administrator, root_token: root, dr_operation_token: operation }) => [
      ...(keys?.shares_base64 ?? []),
      ...(keys?.shares_base64 ?? []).map((share) => Buffer.from(share, "base64").toString("hex")),
      ...(administrator === undefined ? [] : [administrator.secret_id]),
      ...(root === undefined ? [] : [root]),
      ...(operation === undefined ? [] : [operation.token]),
    ]);
    const tokens = Object.values(operator.topologies).flatMap(({ dr_operation_token: token }) =>
      token ? [token.token] : [],
    );
    return [CANARY, ...found, ...tokens];
  }

  async remove(): Promise<void> {
    for (const name of await readdir(this.directory)) {
      await stopProcess(this.nodeDirectory(name), AbortSignal.timeout(30_000)).catch(() => undefined);
    }
    await this.terraform.remove();
    await rm(this.directory, { recursive: true, force: true });
  }
}

interface OperatorEntry {
  readonly keys?: { readonly shares_base64: readonly string[] };
  readonly administrator?: { readonly mount: string; readonly role_id: string; readonly secret_id: string };
  readonly root_token?: string;
  readonly dr_operation_token?: { readonly token: string };
}

interface OperatorFile {
  readonly clusters: Readonly<Record<string, OperatorEntry>>;
  readonly topologies: Readonly<Record<string, { readonly dr_operation_token?: { readonly token: string } }>>;
  readonly archive: readonly { readonly entry: OperatorEntry }[];
}

function configuration(directory: string, body: string): string {
  return `
terraform {
  required_providers {
    meridian = { source = "${ADDRESS}" }
  }
}
provider "meridian" {
  operator_file = "${directory}/operator.json"
}
${body}`;
}

/** A node and the cluster on it. */
export function nodeAndCluster(directory: string, name: string, more = ""): string {
  const id = name.replaceAll("-", "_");
  return `
resource "meridian_node" "${id}" {
  name      = "${name}"
  directory = "${directory}/${name}"
  delete_data = true
  ${more}
}
resource "meridian_cluster" "${id}" {
  name            = meridian_node.${id}.name
  api_address     = meridian_node.${id}.api_address
  cluster_address = meridian_node.${id}.cluster_address
  ca_cert_pem     = meridian_node.${id}.ca_cert_pem
  secret_shares       = 3
  secret_threshold    = 2
  deletion_protection = false
}`;
}

/** Names of the files under a folder in which one of the secrets stands, also inside zipped plans. */
export async function filesWith(folder: string, secrets: readonly string[]): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const hits: string[] = [];
  for (const file of files) {
    const bytes = await readFile(file);
    if (secrets.some((secret) => bytes.includes(secret))) hits.push(file);
  }
  return hits;
}
