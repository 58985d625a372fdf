import { decodeFrame, type StreamFrame } from "../stream/frames";
import { putKey, putMount } from "./test-cluster";
import { link, type TestNode, TestSet, until } from "./test-set";

/** Of the mount that the filter hides: several commits' and several frames' worth. */
export const KEYS = 1_200;

/** A primary with an open and a hidden mount, and a cluster that becomes its performance secondary. */
export class FilteredPair {
  private constructor(
    readonly set: TestSet,
    readonly a: TestNode,
    readonly b: TestNode,
  ) {}

  static async start(): Promise<FilteredPair> {
    const set = new TestSet();
    const [a, b] = [await set.start("a", { chunkPairs: 100 }), await set.start("b")];
    await putMount(a.core, "open-mount", "open/");
    await putMount(a.core, "hidden-mount", "hidden/");
    await putKey(a.core, "data/open-mount/k", "before");
    const view = a.core.barrier.view("data/hidden-mount/", "replicated");
    for (let at = 0; at < KEYS; at += 200) {
      await view.commit(Array.from({ length: 200 }, (_, n) => view.put(`k${at + n}`, Buffer.from("hidden"))));
    }
    await a.replication.enablePrimary("performance", { primaryClusterAddress: "" });
    return new FilteredPair(set, a, b);
  }

  hide(...paths: readonly string[]): Promise<void> {
    return this.a.replication.writePathsFilter("b", { mode: "deny", paths: paths.length === 0 ? ["hidden/"] : paths });
  }

  show(): Promise<void> {
    return this.a.replication.deletePathsFilter("b");
  }

  /** Tells of every frame that a primary sends on a stream. */
  onStream(told: (frame: StreamFrame) => void): void {
    this.set.network.tap = ({ kind, toServer, bytes }) => {
      if (kind === "stream" && !toServer) told(decodeFrame(bytes));
    };
  }

  /** The stream stands still before its repair frame of that number (from 1). */
  holdRepair(number: number): { readonly isHeld: () => boolean; readonly release: () => void } {
    let [seen, release] = [0, (): void => undefined];
    const held = new Promise<void>((resolve) => {
      release = () => {
        this.set.network.holding = () => undefined;
        resolve();
      };
    });
    this.set.network.holding = ({ kind, toServer, bytes }) => {
      if (kind !== "stream" || toServer) return undefined;
      if (decodeFrame(bytes).kind === "repair") seen += 1;
      return seen >= number ? held : undefined;
    };
    return { isHeld: () => seen >= number, release };
  }

  /** The hidden mount is let through, and the two are cut off from each other when some of it has come. */
  async showHalf(): Promise<void> {
    const { set, a, b } = this;
    let repairs = 0;
    this.onStream(({ kind }) => {
      if (kind === "repair") repairs += 1;
      if (repairs === 4) set.network.cut("b", a.address);
    });
    await this.show();
    await until(
      "some of it came, and the link is gone",
      () => repairs >= 4 && b.status("performance").state === "idle",
    );
    set.network.tap = () => undefined;
    const held = (await heldKeys(b)).length;
    if (held === 0 || held === KEYS) throw new Error(`${held} keys came`);
  }

  /** The secondary has not got the mount so far, and gets half of it. */
  async halfShown(): Promise<void> {
    await this.hide();
    await link(this.a, this.b, "performance");
    await this.showHalf();
  }

  /** States that the secondary went through, as `from -> to`. */
  states(): readonly string[] {
    return this.set.logLines.flatMap((line) => {
      const state = /^b info replication state changed .*"from":"([\w-]+)","to":"([\w-]+)"/.exec(line);
      return state === null ? [] : [`${state[1]} -> ${state[2]}`];
    });
  }
}

export const heldKeys = (node: TestNode): Promise<readonly string[]> =>
  node.core.barrier.view("data/hidden-mount/", "replicated").listAll("", { limit: 10_000 });

/** What the cluster has of its own for the mount. */
export const ownKeys = (node: TestNode): Promise<readonly string[]> =>
  node.core.barrier.view("data/hidden-mount/", "local").listAll("", { limit: 10_000 });

export const promote = (node: TestNode, force: boolean, acceptPartialRepair = false): Promise<readonly string[]> =>
  node.replication.promoteSecondary("performance", { primaryClusterAddress: "", force, acceptPartialRepair });
