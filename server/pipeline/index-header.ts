import { constantTimeEqual, HmacKey, takeSecretKey } from "../sdk/crypto";
import { isServerError } from "../sdk/errors";
import type { Random } from "../sdk/random";
import type { EpochIndex, ReplicationPort } from "../sdk/replication";
import type { View } from "../sdk/view";
import { encodeIndexState, type IndexState, parseIndexState } from "./index-state";

const KEY = "index-header-hmac-key";
const KEY_BYTES = 32;
/** Three cluster ids, two epochs, two indexes and the code are 330 characters in base64. */
const HEADER_LENGTH_MAX = 512;

export type IndexPort = Pick<
  ReplicationPort,
  "state" | "lastIndex" | "sharedIndex" | "calledIndex" | "numbering" | "origin" | "standing" | "waitUntilApplied"
>;

/**
 * X-Vault-Index: base64 of `v1:<cluster>:<local index>:<replicated index>:<hex HMAC-SHA256>`. The key is shared by the
 * performance set, so that a secondary can tell whether it holds what the primary wrote. Whoever forges a header is told
 * that the state is not there, and waits for nothing.
 */
export class IndexHeader {
  private view: View | undefined;
  private clusterId = "";
  private key: HmacKey | undefined;

  constructor(
    private readonly replicationNow: () => IndexPort,
    private readonly random: Random,
  ) {}

  /** @param view on `core/`, class `replicated`. Only a cluster that may write shared data makes the key. */
  async open(view: View, clusterId: string): Promise<void> {
    this.view = view;
    this.clusterId = clusterId;
    // Of the data that was open before.
    this.key = undefined;
    if ((await this.knownKey()) !== undefined) return;
    const made = this.random.bytes(KEY_BYTES);
    try {
      await view.commit([view.put(KEY, made, { ifRevision: 0 })]);
      this.key = hmacKey(made);
    } catch (error) {
      if (!isServerError(error)) throw error;
    }
  }

  private get replication(): IndexPort {
    return this.replicationNow();
  }

  close(): void {
    this.view = undefined;
    this.key = undefined;
  }

  /**
   * The header's value, undefined while the set has no key.
   * @param written what the request wrote at the primary; undefined: nothing, but for what its mount had the primary do
   */
  format(written: EpochIndex | undefined): string | undefined {
    if (this.key === undefined) return undefined;
    const { replication, clusterId } = this;
    const follows = replication.state().performance === "secondary";
    const epoch = replication.numbering("performance");
    const own = follows
      ? (replication.calledIndex() ?? { epoch, index: 0 })
      : { epoch, index: replication.sharedIndex() };
    const text = encodeIndexState({
      clusterId,
      localEpochNumber: replication.numbering("dr").number,
      originId: replication.origin("dr"),
      localIndex: replication.lastIndex(),
      replicated: written ?? own,
    });
    return Buffer.from(`${text}:${mac(this.key, text)}`, "utf8").toString("base64");
  }

  /**
   * Whether this cluster holds what the header names.
   * @param waits for as long as `consistency_wait` where it may still come
   */
  async isPresent(header: string, waits: boolean, signal: AbortSignal): Promise<boolean> {
    const key = await this.knownKey();
    const state = key === undefined ? undefined : opened(header, key);
    if (state === undefined) return false;
    const { clusterId, localEpochNumber, localIndex, replicated } = state;
    const isHeld = (mode: "dr" | "performance", at: EpochIndex): Promise<boolean> | boolean =>
      waits ? this.replication.waitUntilApplied(mode, at, signal) : this.replication.standing(mode, at) === "held";
    if (!this.isKin(state)) return isHeld("performance", replicated);
    const local = await isHeld("dr", { epoch: { number: localEpochNumber, clusterId }, index: localIndex });
    // What a cluster wrote itself is in its own numbering already.
    if (!local || replicated.epoch.clusterId === clusterId) return local;
    return isHeld("performance", replicated);
  }

  /** Whether tokens, leases and local mounts of the header's cluster are, or become, this cluster's own. */
  private isKin({ clusterId, originId }: IndexState): boolean {
    const origin = this.replication.origin("dr");
    return clusterId === this.clusterId || clusterId === origin || originId === origin;
  }

  /** A secondary may have been unsealed before the key reached it. */
  private async knownKey(): Promise<HmacKey | undefined> {
    if (this.key !== undefined) return this.key;
    const stored = await this.view?.get(KEY);
    if (stored !== undefined) this.key = hmacKey(stored.value);
    return this.key;
  }
}

function hmacKey(key: Buffer): HmacKey {
  return new HmacKey(takeSecretKey(Buffer.from(key)));
}

function mac(key: HmacKey, text: string): string {
  return key.digest(text).toString("hex");
}

function opened(header: string, key: HmacKey): IndexState | undefined {
  if (header.length > HEADER_LENGTH_MAX) return undefined;
  const text = Buffer.from(header, "base64").toString("utf8");
  const end = text.lastIndexOf(":");
  const signed = text.slice(0, Math.max(end, 0));
  const given = Buffer.from(text.slice(end + 1), "utf8");
  if (!constantTimeEqual(Buffer.from(mac(key, signed), "utf8"), given)) return undefined;
  return parseIndexState(signed);
}
