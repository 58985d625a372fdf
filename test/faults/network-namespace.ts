import { execFileSync } from "node:child_process";

function ip(...parameters: readonly string[]): void {
  execFileSync("ip", parameters, { stdio: "pipe" });
}

/** Why this machine or user has no network namespaces for us; undefined: it has. */
export function whyNoNamespaces(): string | undefined {
  const name = `meridian-probe-${process.pid}`;
  try {
    ip("netns", "add", name);
    ip("link", "add", `mp${process.pid}`, "type", "veth", "peer", "name", `mq${process.pid}`);
    ip("link", "del", `mp${process.pid}`);
    return undefined;
  } catch (error) {
    return (error instanceof Error ? error.message : String(error)).split("\n").slice(0, 2).join(" ");
  } finally {
    try {
      ip("netns", "del", name);
    } catch {
      // It was not made.
    }
  }
}

/**
 * Two network namespaces with a cable between them, and one each to where the test runs: what happens on the cable between them
 * is the kernel's doing, and the test goes on reaching both.
 */
export class NamespacePair {
  /** Addresses by which the test reaches each, and by which they reach each other. */
  readonly outer: readonly [string, string];
  readonly inner: readonly [string, string];
  private readonly names: readonly [string, string];
  private readonly tag: string;

  private constructor(third: number) {
    this.tag = `${process.pid % 10_000}`;
    this.names = [`meridian-a-${this.tag}`, `meridian-b-${this.tag}`];
    this.outer = [`10.213.${third}.2`, `10.213.${third}.6`];
    this.inner = [`10.213.${third}.9`, `10.213.${third}.10`];
  }

  static make(): NamespacePair {
    const pair = new NamespacePair(process.pid % 250);
    try {
      pair.connect();
    } catch (error) {
      pair.remove();
      throw error;
    }
    return pair;
  }

  /** What a command has to begin with to run in the first or second namespace. */
  enter(at: 0 | 1): readonly string[] {
    return ["ip", "netns", "exec", this.names[at]];
  }

  /** Pulls the cable between the two, or puts it back. Nobody is told anything but by silence. */
  cable(state: "up" | "down"): void {
    ip("-n", this.names[0], "link", "set", "inner", state);
  }

  remove(): void {
    for (const name of this.names) {
      try {
        // The cables go with them.
        ip("netns", "del", name);
      } catch {
        // It was never made.
      }
    }
  }

  private connect(): void {
    for (const name of this.names) {
      ip("netns", "add", name);
      ip("-n", name, "link", "set", "lo", "up");
    }
    ip("-n", this.names[0], "link", "add", "inner", "type", "veth", "peer", "name", "inner", "netns", this.names[1]);
    for (const at of [0, 1] as const) {
      const [name, here] = [this.names[at], `mer${at}-${this.tag}`];
      ip("link", "add", here, "type", "veth", "peer", "name", "outer", "netns", name);
      const own = this.outer[at].replace(/\d+$/, (last) => String(Number(last) - 1));
      ip("addr", "add", `${own}/30`, "dev", here);
      ip("link", "set", here, "up");
      ip("-n", name, "addr", "add", `${this.outer[at]}/30`, "dev", "outer");
      ip("-n", name, "link", "set", "outer", "up");
      ip("-n", name, "addr", "add", `${this.inner[at]}/30`, "dev", "inner");
      ip("-n", name, "link", "set", "inner", "up");
    }
  }
}
