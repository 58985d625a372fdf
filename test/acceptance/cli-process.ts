import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { eventually, freePorts } from "../support/server-process";

export interface Finished {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

export type Environment = Readonly<Record<string, string>>;

/** A person's shell: a home of its own, `meridian` on the PATH, nothing of this machine's variables. */
export class Shell {
  private readonly servers: ChildProcess[] = [];

  private constructor(readonly home: string) {}

  static async open(): Promise<Shell> {
    for (const built of ["src/dist/cli/main.js", "server/dist/meridian-server.js"])
      if (!existsSync(built)) throw new Error(`${built} is missing: run npm run build first`);
    const home = await mkdtemp(join(tmpdir(), "meridian-cli-"));
    await mkdir(join(home, "bin"));
    await symlink(resolve("src/bin/meridian"), join(home, "bin", "meridian"));
    return new Shell(home);
  }

  environment(more: Environment = {}): Environment {
    return { HOME: this.home, PATH: `${join(this.home, "bin")}:${process.env.PATH ?? ""}`, ...more };
  }

  /** Runs `meridian`; its standard input is a pipe with the given text. */
  meridian(args: readonly string[], environment: Environment = {}, input = ""): Promise<Finished> {
    return finished("meridian", args, this.environment(environment), input);
  }

  /** Runs a line as a person types it. */
  line(text: string, environment: Environment = {}): Promise<Finished> {
    return finished("sh", ["-c", text], this.environment(environment), "");
  }

  /** `meridian server -dev ...`, up and unsealed; answers with what it printed. */
  async devServer(...flags: readonly string[]): Promise<{ readonly address: string; readonly printed: string }> {
    const port = await freePorts();
    const args = ["server", "-dev", "-dev-root-token-id=root", `-dev-listen-address=127.0.0.1:${port}`, ...flags];
    const child = spawn("meridian", args, { env: this.environment(), stdio: ["ignore", "pipe", "pipe"] });
    this.servers.push(child);
    let printed = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => {
        printed += chunk.toString("utf8");
      });
    await eventually("the dev server is up", async () => {
      if (child.exitCode !== null) throw new Error(printed);
      return printed.includes("Root Token: root");
    });
    return { address: `${flags.includes("-dev-tls") ? "https" : "http"}://127.0.0.1:${port}`, printed };
  }

  /** Ends the servers as a service manager does; answers with their exit codes. */
  async close(): Promise<readonly (number | null)[]> {
    const codes = await Promise.all(
      this.servers.map(
        (child) =>
          new Promise<number | null>((settle) => {
            if (child.exitCode !== null) return settle(child.exitCode);
            child.once("exit", settle);
            child.kill("SIGTERM");
          }),
      ),
    );
    await rm(this.home, { recursive: true, force: true });
    return codes;
  }
}

function finished(command: string, args: readonly string[], env: Environment, input: string): Promise<Finished> {
  return new Promise((settle, reject) => {
    const child = spawn(command, [...args], { env, detached: true, stdio: ["pipe", "pipe", "pipe"] });
    const written = { out: "", error: "" };
    child.stdout.on("data", (chunk: Buffer) => {
      written.out += chunk.toString("utf8");
    });
    child.stderr.on("data", (chunk: Buffer) => {
      written.error += chunk.toString("utf8");
    });
    // A command that does not read its input may end before it is written.
    child.stdin.on("error", () => undefined);
    child.once("error", reject);
    child.once("close", (code) => settle({ code, ...written }));
    child.stdin.end(input);
  });
}

/** The second column of the row that begins with the name. */
export function row(text: string, name: string): string | undefined {
  const line = text.split("\n").find((one) => one.startsWith(`${name} `));
  return line?.slice(name.length).trim();
}
