import { type ChildProcess, spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DemoFailure } from "./failure";
import { type DemoFolder, REPOSITORY } from "./folder";
import { bare, progressOf } from "./progress-lines";

const BIN = join(REPOSITORY, "node_modules", ".bin");
const SHOWN_LINES_MAX = 40;

export interface Deployment {
  /** Terraform found nothing to do. */
  readonly unchanged: boolean;
}

/** The real `cdktf` command line in the demo's folder. */
export class Cdktf {
  private child: ChildProcess | undefined;
  private interrupted = false;

  public constructor(
    private readonly folder: DemoFolder,
    private readonly password: string,
    private readonly progress: (line: string) => void,
  ) {}

  /** Tells the command line how to run the program: the copy in the folder, made into JavaScript first. */
  public async configure(): Promise<void> {
    const compile = `${JSON.stringify(join(BIN, "esbuild"))} main.ts --platform=node --format=cjs --log-level=warning --outfile=main.js`;
    const configuration = {
      language: "typescript",
      app: `${compile} && node main.js`,
      projectId: "meridian-demo",
      sendCrashReports: "false",
    };
    await writeFile(join(this.folder.path, "cdktf.json"), `${JSON.stringify(configuration, null, 2)}\n`);
  }

  public async deploy(): Promise<Deployment> {
    if (this.interrupted) throw new DemoFailure("interrupted");
    return this.run("deploy", "--skip-provider-lock", "--outputs-file", this.folder.outputs);
  }

  public async destroy(): Promise<void> {
    await this.run("destroy", "--skip-provider-lock");
  }

  /** Starts no deployment any more; one that runs is asked to end and waited for, since its state must be written. */
  public async interrupt(): Promise<void> {
    this.interrupted = true;
    const { child } = this;
    if (child === undefined) return;
    child.kill("SIGINT");
    await new Promise((resolve) => child.once("close", resolve));
  }

  private async run(command: string, ...flags: readonly string[]): Promise<Deployment> {
    const args = [join(BIN, "cdktf"), command, "--auto-approve", "--no-color", ...flags];
    const child = spawn(process.execPath, args, {
      cwd: this.folder.path,
      env: this.environment(),
      stdio: ["ignore", "pipe", "pipe"],
    });
    const lines: string[] = [];
    const read = (line: string): void => {
      lines.push(line);
      const progress = progressOf(line);
      if (progress !== undefined) this.progress(progress);
    };
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", read);
    this.child = child;
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    this.child = undefined;
    if (code !== 0) throw new DemoFailure(`cdktf ${command} ended with ${code}:\n${explanation(lines)}`);
    return { unchanged: lines.some((line) => bare(line).startsWith("No changes.")) };
  }

  /** What somebody's shell says of Terraform, or of clusters of their own, is kept out. */
  private environment(): NodeJS.ProcessEnv {
    const kept = Object.entries(process.env).filter(
      ([name]) => /^TF_LOG/.test(name) || !/^(TF_|CDKTF_|VAULT_|MERIDIAN_|NODE_OPTIONS$)/.test(name),
    );
    return {
      ...Object.fromEntries(kept),
      CI: "1",
      CHECKPOINT_DISABLE: "1",
      CDKTF_DISABLE_PLUGIN_CACHE_ENV: "1",
      TF_CLI_CONFIG_FILE: this.folder.cliConfiguration,
      TF_VAR_demo_password: this.password,
      // The program stands in a folder of its own and finds the constructs here.
      NODE_PATH: join(REPOSITORY, "node_modules"),
      MERIDIAN_SERVER: join(REPOSITORY, "server", "bin", "meridian-server"),
    };
  }
}

/** From the first error on; else the end. */
function explanation(lines: readonly string[]): string {
  const first = lines.findIndex((line) => bare(line).startsWith("Error:"));
  const shown = first < 0 ? lines.slice(-SHOWN_LINES_MAX) : lines.slice(first, first + SHOWN_LINES_MAX);
  return shown.map((line) => `  ${line}`).join("\n");
}
