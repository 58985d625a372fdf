import type { KeyedLock } from "../../sdk/keyed-lock";
import type { WriteOperation } from "../../sdk/view";
import type { LoadedToken } from "./token-record";
import { edgeKey, PRESENT, type TokenStore } from "./token-store";

/** What else ends with a token: its leases, its cubbyhole. Must succeed when there is nothing; may be called twice. */
export type RevocationHook = (idHash: string) => Promise<void>;

const CHILDREN_PAGE = 200;
const REVOKING_PAGE = 100;
const TOKENS_PAGE = 500;

/**
 * Revokes trees. One commit marks the root and puts it into the queue: from then on nothing of the tree is accepted (see
 * `TokenLiveness`). Then the nodes are removed from the leaves upwards in bounded commits, so a kill at any point leaves a
 * smaller tree under a root that is still queued, and `resume` goes on.
 */
export class TokenRevocation {
  private readonly hooks: RevocationHook[] = [];

  constructor(
    private readonly store: TokenStore,
    private readonly lock: KeyedLock,
  ) {}

  addHook(hook: RevocationHook): void {
    this.hooks.push(hook);
  }

  /** Resolves once the tree is gone. A token that is not there is no error. */
  async revokeTree(hash: string): Promise<void> {
    if (await this.mark(hash)) await this.removeTree(hash);
  }

  /** The token alone: its children lose their parent and live on. */
  async revokeAlone(hash: string): Promise<void> {
    for (;;) {
      const children = await this.store.children(hash, CHILDREN_PAGE);
      if (children.length === 0) break;
      for (const child of children) await this.lock.run(child, () => this.orphan(hash, child));
    }
    await this.revokeTree(hash);
  }

  /** Looks at every token, since nothing finds them by path: for what an operator does when credentials have leaked. */
  async revokeUnder(prefix: string): Promise<void> {
    const under = prefix.endsWith("/") ? prefix : `${prefix}/`;
    let after: string | undefined;
    for (;;) {
      const options = after === undefined ? { limit: TOKENS_PAGE } : { after, limit: TOKENS_PAGE };
      const hashes = await this.store.view.list("id/", options);
      for (const hash of hashes) {
        const record = (await this.store.load(hash))?.record;
        const isUnder = record?.expireTimeMilliseconds !== undefined && `${record.path}/`.startsWith(under);
        if (isUnder) await this.revokeTree(hash);
      }
      after = hashes.at(-1);
      if (hashes.length < TOKENS_PAGE) return;
    }
  }

  /** Goes on with every revocation that has begun. */
  async resume(): Promise<void> {
    for (;;) {
      const roots = await this.store.view.list("revoking/", { limit: REVOKING_PAGE });
      for (const root of roots) await this.removeTree(root);
      if (roots.length < REVOKING_PAGE) return;
    }
  }

  /** @returns false when there is no such token */
  private mark(hash: string): Promise<boolean> {
    return this.lock.run(hash, async () => {
      const token = await this.store.load(hash);
      if (token === undefined) return false;
      if (token.record.revoking) return true;
      const change = this.store.change(token, { ...token.record, revoking: true });
      await this.store.commit([...change, this.store.view.put(`revoking/${hash}`, PRESENT)], [hash]);
      return true;
    });
  }

  private async orphan(parent: string, child: string): Promise<void> {
    const token = await this.store.load(child);
    const edge = this.store.view.delete(edgeKey(parent, child));
    const known = token !== undefined && token.record.parent === parent;
    const operations = known ? this.store.change(token, { ...token.record, parent: "", depth: 0 }) : [edge];
    await this.store.commit(operations, [child]);
  }

  /** Depth first with a stack of ancestors; the leaves of one page go in one commit. */
  private async removeTree(root: string): Promise<void> {
    const path = [root];
    for (let current = path.at(-1); current !== undefined; current = path.at(-1)) {
      const children = await this.store.children(current, CHILDREN_PAGE);
      const leaves: string[] = [];
      let branch: string | undefined;
      for (const child of children) {
        if ((await this.store.children(child, 1)).length === 0) leaves.push(child);
        else branch = child;
      }
      if (leaves.length > 0) await this.removeNodes(leaves, current);
      if (branch !== undefined) path.push(branch);
      else if (children.length === 0) {
        await this.removeNodes([current], undefined);
        path.pop();
      }
    }
  }

  private async removeNodes(hashes: readonly string[], parent: string | undefined): Promise<void> {
    const operations: WriteOperation[] = [];
    for (const hash of hashes) {
      for (const hook of this.hooks) await hook(hash);
      operations.push(...this.removalOf(hash, await this.store.load(hash), parent));
    }
    await this.store.commit(operations, hashes);
  }

  private removalOf(
    hash: string,
    token: LoadedToken | undefined,
    parent: string | undefined,
  ): readonly WriteOperation[] {
    const queued = this.store.view.delete(`revoking/${hash}`);
    if (token !== undefined) return [...this.store.removal(token), queued];
    return parent === undefined ? [queued] : [this.store.view.delete(edgeKey(parent, hash)), queued];
  }
}
