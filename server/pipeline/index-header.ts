import { constantTimeEqual, hmacSha256 } from "../sdk/crypto";
import { isServerError } from "../sdk/errors";
import type { Random } from "../sdk/random";
import type { ReplicationPort } from "../sdk/replication";
import type { View } from "../sdk/view";

const KEY = "index-header-hmac-key";
const KEY_BYTES = 32;
const HEADER_LENGTH_MAX = 512;

interface IndexState {
  readonly clusterId: string;
  /** In the numbering of `clusterId`. */
  readonly localIndex: number;
  /** In the numbering of the performance primary; 0: the request wrote nothing shared through a secondary. */
  readonly replicatedIndex: number;
}

/**
 * X-Vault-Index: base64 of `v1:<cluster id>:<local index>:<replicated index>:<hex HMAC-SHA256>`. The key is shared by the
 * performance set, so that a secondary can tell whether it holds what the primary wrote.
 */
export class IndexHeader {
  private view: View | undefined;
  private clusterId = "";
  private key: Buffer | undefined;

  constructor(
    private readonly replication: Pick<ReplicationPort, "state" | "lastIndex" | "waitUntilApplied">,
    private readonly random: Random,
  ) {}

  /** @param view on `core/`, class `replicated`. Only a cluster that may write shared data makes the key. */
  async open(view: View, clusterId: string): Promise<void> {
    this.view = view;
    this.clusterId = clusterId;
    this.key = (await view.get(KEY))?.value;
    if (this.key !== undefined) return;
    const made = this.random.bytes(KEY_BYTES);
    try {
      await view.commit([view.put(KEY, made, { ifRevision: 0 })]);
      this.key = made;
    } catch (error) {
      if (!isServerError(error)) throw error;
    }
  }

  close(): void {
    this.view = undefined;
    this.key = undefined;
  }

  /** The header's value, undefined while the set has no key. On a primary its own index counts for its secondaries too. */
  format(localIndex: number, primaryIndex: number): string | undefined {
    if (this.key === undefined) return undefined;
    const isSecondary = this.replication.state().performance === "secondary";
    const text = `v1:${this.clusterId}:${localIndex}:${isSecondary ? primaryIndex : localIndex}`;
    return Buffer.from(`${text}:${mac(this.key, text)}`, "utf8").toString("base64");
  }

  /** Whether this cluster holds what the header names; waits as long as `consistency_wait`. A forged header is not present. */
  async isPresent(header: string, signal: AbortSignal): Promise<boolean> {
    const key = await this.knownKey();
    const state = key === undefined ? undefined : parse(header, key);
    if (state === undefined) return false;
    const isOwn = state.clusterId === this.clusterId;
    if (isOwn && state.localIndex > this.replication.lastIndex()) return false;
    if (state.replicatedIndex === 0) return true;
    if (this.replication.state().performance === "secondary") {
      return this.replication.waitUntilApplied("performance", state.replicatedIndex, signal);
    }
    return isOwn || state.replicatedIndex <= this.replication.lastIndex();
  }

  /** A secondary may have been unsealed before the key reached it. */
  private async knownKey(): Promise<Buffer | undefined> {
    this.key ??= (await this.view?.get(KEY))?.value;
    return this.key;
  }
}

function mac(key: Buffer, text: string): string {
  return hmacSha256(key, text).toString("hex");
}

function parse(header: string, key: Buffer): IndexState | undefined {
  if (header.length > HEADER_LENGTH_MAX) return undefined;
  const text = Buffer.from(header, "base64").toString("utf8");
  const end = text.lastIndexOf(":");
  const signed = text.slice(0, Math.max(end, 0));
  const given = Buffer.from(text.slice(end + 1), "utf8");
  if (!constantTimeEqual(Buffer.from(mac(key, signed), "utf8"), given)) return undefined;
  const [version, clusterId = "", localIndex = "", replicatedIndex = ""] = signed.split(":");
  if (version !== "v1") return undefined;
  return { clusterId, localIndex: Number(localIndex), replicatedIndex: Number(replicatedIndex) };
}
