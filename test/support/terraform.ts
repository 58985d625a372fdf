import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** How Terraform finds the provider: a server in this process, or files in a mirror (then `init` first). */
export type ProviderSource =
  | { readonly reattachProviders: string; readonly mirror?: never }
  | { readonly mirror: string; readonly reattachProviders?: never };

export type WorkspaceOptions = ProviderSource & {
  /** Text of main.tf. */
  readonly configuration: string;
  /** Added to the environment of every command; nothing else of this process's environment but PATH is. */
  readonly environment?: Readonly<Record<string, string>>;
};

export interface CommandResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A plan as far as tests look at it: what happens to each address, and the values before and after. */
export interface PlannedChange {
  readonly address: string;
  readonly actions: readonly string[];
  readonly before: Readonly<Record<string, unknown>> | null;
  readonly after: Readonly<Record<string, unknown>> | null;
  readonly afterUnknown: unknown;
  readonly replacePaths: unknown;
}

export interface StateResource {
  readonly address: string;
  readonly tainted: boolean;
  readonly values: Readonly<Record<string, unknown>>;
}

const COMMON_FLAGS = ["-input=false", "-no-color"];

/** A directory in which the real `terraform` runs. Commands that fail throw with their whole output. */
export class TerraformWorkspace {
  private constructor(
    readonly directory: string,
    private readonly environment: Readonly<Record<string, string>>,
  ) {}

  static async create(options: WorkspaceOptions): Promise<TerraformWorkspace> {
    const root = await mkdtemp(join(tmpdir(), "tf-"));
    const directory = join(root, "work");
    await mkdir(directory);
    const cliConfiguration = join(root, "cli.tfrc");
    await writeFile(cliConfiguration, installation(options.mirror));
    const workspace = new TerraformWorkspace(directory, {
      PATH: process.env.PATH ?? "",
      HOME: root,
      TMPDIR: tmpdir(),
      TF_CLI_CONFIG_FILE: cliConfiguration,
      TF_IN_AUTOMATION: "1",
      CHECKPOINT_DISABLE: "1",
      ...(options.reattachProviders !== undefined && { TF_REATTACH_PROVIDERS: options.reattachProviders }),
      ...options.environment,
    });
    await workspace.configure(options.configuration);
    return workspace;
  }

  /** Replaces main.tf. */
  async configure(configuration: string): Promise<void> {
    await writeFile(join(this.directory, "main.tf"), configuration);
  }

  async remove(): Promise<void> {
    await rm(join(this.directory, ".."), { recursive: true, force: true });
  }

  async init(): Promise<CommandResult> {
    return this.succeed("init", ...COMMON_FLAGS);
  }

  async validate(): Promise<CommandResult> {
    return this.succeed("validate", "-no-color");
  }

  async apply(...flags: string[]): Promise<CommandResult> {
    return this.succeed("apply", "-auto-approve", ...COMMON_FLAGS, ...flags);
  }

  async destroy(...flags: string[]): Promise<CommandResult> {
    return this.succeed("destroy", "-auto-approve", ...COMMON_FLAGS, ...flags);
  }

  async importResource(address: string, id: string): Promise<CommandResult> {
    return this.succeed("import", ...COMMON_FLAGS, address, id);
  }

  /** Plans, and gives what would change; empty for a plan without changes. */
  async plan(...flags: string[]): Promise<readonly PlannedChange[]> {
    await this.succeed("plan", "-out=plan.bin", ...COMMON_FLAGS, ...flags);
    const plan = record(await this.json("show", "-json", "plan.bin"));
    return list(plan.resource_changes)
      .map(plannedChange)
      .filter(({ actions }) => !isQuiet(actions));
  }

  /**
   * True when nothing would change: with and without a refresh. This double check after each apply finds most bugs of
   * providers.
   */
  async planIsEmpty(): Promise<boolean> {
    const still = await this.run("plan", "-detailed-exitcode", "-refresh=false", ...COMMON_FLAGS);
    const fresh = await this.run("plan", "-detailed-exitcode", ...COMMON_FLAGS);
    for (const result of [still, fresh]) if (result.exitCode === 1) throw commandError(["plan"], result);
    return still.exitCode === 0 && fresh.exitCode === 0;
  }

  /** The managed resources and data sources of the root module's state, by address. */
  async resources(): Promise<ReadonlyMap<string, StateResource>> {
    const { values } = record(await this.json("show", "-json"));
    if (values === undefined) return new Map();
    const resources = list(record(record(values).root_module).resources ?? []).map(record);
    return new Map(
      resources.map((resource) => [
        String(resource.address),
        { address: String(resource.address), tainted: resource.tainted === true, values: record(resource.values) },
      ]),
    );
  }

  /** The root module's outputs. */
  async outputs(): Promise<Readonly<Record<string, unknown>>> {
    const outputs = Object.entries(record(await this.json("output", "-json")));
    return Object.fromEntries(outputs.map(([name, output]) => [name, record(output).value]));
  }

  /** Runs any command; never throws for its exit code. */
  async run(...args: string[]): Promise<CommandResult> {
    const child = this.start(...args);
    const stdout = collect(child.stdout);
    const stderr = collect(child.stderr);
    const exitCode = await exited(child);
    return { exitCode, stdout: stdout(), stderr: stderr() };
  }

  /** Starts a command in a process group of its own, for tests that interrupt or kill it. */
  start(...args: string[]): ChildProcess & { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream } {
    return spawn("terraform", args, {
      cwd: this.directory,
      env: { ...this.environment },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
  }

  private async succeed(...args: string[]): Promise<CommandResult> {
    const result = await this.run(...args);
    if (result.exitCode !== 0) throw commandError(args, result);
    return result;
  }

  private async json(...args: string[]): Promise<unknown> {
    return JSON.parse((await this.succeed(...args)).stdout);
  }
}

/** Resolves with the exit code, null after a signal. */
export function exited(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
}

function installation(mirror: string | undefined): string {
  const source = mirror === undefined ? "" : `  filesystem_mirror {\n    path = ${JSON.stringify(mirror)}\n  }\n`;
  return `disable_checkpoint = true\nprovider_installation {\n${source}}\n`;
}

function commandError(args: readonly string[], { exitCode, stdout, stderr }: CommandResult): Error {
  return new Error(`terraform ${args.join(" ")} ended with ${exitCode}\n${stdout}\n${stderr}`);
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString();
}

function isQuiet(actions: readonly string[]): boolean {
  return actions.every((action) => action === "no-op" || action === "read");
}

function plannedChange(json: unknown): PlannedChange {
  const { address, change } = record(json);
  const { actions, before, after, after_unknown: afterUnknown, replace_paths: replacePaths } = record(change);
  return {
    address: String(address),
    actions: list(actions).map(String),
    before: before === null ? null : record(before),
    after: after === null ? null : record(after),
    afterUnknown,
    replacePaths,
  };
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new TypeError("an object is expected");
  return Object.fromEntries(Object.entries(value));
}

function list(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new TypeError("a list is expected");
  return value;
}
