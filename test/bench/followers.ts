import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { ServerProcess } from "../support/server-process";
import type { FollowerOrder } from "./follower-process";

interface Reply {
  readonly entries?: readonly number[];
  readonly error?: string;
}

/** Light followers of a primary, in one process beside it. */
export class Followers {
  private readonly child: ChildProcess = fork(join(__dirname, "follower-process.js"));

  constructor(
    private readonly primary: ServerProcess,
    private readonly rootToken: string,
  ) {}

  /** What each member needs to connect, once: as often as it likes. */
  async admit(ids: readonly string[]): Promise<readonly string[]> {
    const root = this.primary.api.with(this.rootToken);
    const envelopes: string[] = [];
    for (const id of ids) {
      const wrapped = await root.must("POST", "sys/replication/performance/primary/secondary-token", { id });
      const token = String((wrapped.wrap_info as { token: string }).token);
      const answer = await this.primary.api.post("sys/wrapping/unwrap", undefined, { token });
      if (answer.status !== 200) throw new Error(`the activation token was not unwrapped: ${answer.text}`);
      envelopes.push(answer.text);
    }
    return envelopes;
  }

  async connect(envelopes: readonly string[]): Promise<void> {
    await this.order({ kind: "connect", envelopes, address: this.primary.clusterAddress });
  }

  async drop(): Promise<void> {
    await this.order({ kind: "drop" });
  }

  /** Entries that each has got. */
  counts(): Promise<readonly number[]> {
    return this.order({ kind: "count" });
  }

  close(): void {
    this.child.disconnect();
  }

  private order(order: FollowerOrder): Promise<readonly number[]> {
    return new Promise((resolve, reject) => {
      this.child.once("message", ({ entries, error }: Reply) => {
        if (entries === undefined) reject(new Error(error));
        else resolve(entries);
      });
      this.child.send(order);
    });
  }
}
