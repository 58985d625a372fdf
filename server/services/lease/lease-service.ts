import type { Clock } from "../../sdk/clock";
import { isServerError, ServerError } from "../../sdk/errors";
import { KeyedLock } from "../../sdk/keyed-lock";
import type { IssuedLease, LeaseFacts, LeasePort, LeaseSource } from "../../sdk/lease";
import type { Logger } from "../../sdk/logger";
import type { MountCalls, MountTable } from "../../sdk/mounts";
import type { LeaseGrant } from "../../sdk/outcome";
import { PeriodicTask } from "../../sdk/periodic-task";
import type { Random } from "../../sdk/random";
import { expiryOf } from "../../sdk/time-to-live";
import type { TokenFacts } from "../../sdk/token";
import type { View } from "../../sdk/view";
import type { LeaseRecord, LoadedLease } from "./lease-record";
import { LeaseStore } from "./lease-store";

export interface LeaseServiceOptions {
  /** On `core/lease/`, class `local`. */
  readonly storage: View;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly mounts: Pick<MountTable, "leaseLimits" | "byId">;
  readonly calls: Pick<MountCalls, "renewLease" | "revokeLease">;
  /** Whether the token of the hash lives. */
  readonly isTokenLive: (tokenHash: string) => Promise<boolean>;
  /** Tokens of logins count as leases of the path they were made at. */
  readonly revokeTokensUnder: (prefix: string) => Promise<void>;
  /** Whether this node may write class `local` now. */
  readonly mayWrite: () => boolean;
}

const SWEEP_EVERY_MILLISECONDS = 1_000;
const SWEEP_PAGE = 100;
/** Pages of one sweep. */
const SWEEP_PAGES_MAX = 20;
const RANDOM_LENGTH = 24;
/** Where all auth methods are. */
const TOKENS_ROOT = "auth/";
const LIST_MAX = 100_000;
/** First pause after a failed revocation; doubled six times, then kept: the credential is tried for ever. */
const RETRY_FIRST_MILLISECONDS = 10_000;
const RETRY_DOUBLINGS_MAX = 9;

/** Leases of dynamic credentials: ended at their time, with their token, or when told to. */
export class LeaseService implements LeasePort {
  private readonly store: LeaseStore;
  /** By lease id: no two changes of one lease at once. */
  private readonly lock = new KeyedLock();
  private readonly task: PeriodicTask;

  constructor(private readonly options: LeaseServiceOptions) {
    this.store = new LeaseStore(options.storage);
    this.task = new PeriodicTask(options.clock, SWEEP_EVERY_MILLISECONDS, () => this.sweepOnce());
  }

  start(): void {
    this.task.start();
  }

  stop(): void {
    this.task.stop();
  }

  async register(grant: LeaseGrant, source: LeaseSource, token: TokenFacts): Promise<IssuedLease> {
    const now = this.options.clock.nowMilliseconds();
    const expiry = expiryOf({ ...grant, explicitMaxTtlSeconds: 0, periodSeconds: 0 }, source, now, now);
    const tokenEnd = token.idHash === "" ? token.expireTimeMilliseconds : undefined;
    const expireTimeMilliseconds = Math.min(expiry.expireTimeMilliseconds, tokenEnd ?? Number.POSITIVE_INFINITY);
    const leaseId = `${source.path}/${this.options.random.base62(RANDOM_LENGTH)}`;
    const record: LeaseRecord = {
      mountId: source.mountId,
      tokenHash: token.idHash,
      issueTimeMilliseconds: now,
      expireTimeMilliseconds,
      tokenExpireTimeMilliseconds: tokenEnd,
      lastRenewalMilliseconds: undefined,
      renewable: grant.renewable,
      ttlSeconds: grant.ttlSeconds,
      maxTtlSeconds: grant.maxTtlSeconds,
      internalData: grant.internalData,
      state: "live",
      attempts: 0,
      dueMilliseconds: expireTimeMilliseconds,
    };
    await this.store.create(leaseId, record);
    // A token that was revoked meanwhile has already given its leases up and would never see this one.
    if (token.idHash !== "" && !(await this.options.isTokenLive(token.idHash))) {
      await this.revoke(leaseId, false);
      throw new ServerError("permission_denied");
    }
    return issued(leaseId, record, now);
  }

  async lookup(leaseId: string): Promise<LeaseFacts | undefined> {
    const lease = await this.live(leaseId);
    if (lease === undefined) return undefined;
    const { issueTimeMilliseconds, expireTimeMilliseconds, lastRenewalMilliseconds, renewable } = lease;
    return { leaseId, issueTimeMilliseconds, expireTimeMilliseconds, lastRenewalMilliseconds, renewable };
  }

  async renew(leaseId: string, incrementSeconds: number): Promise<IssuedLease> {
    const found = await this.live(leaseId);
    if (found === undefined) throw notFound();
    if (!found.renewable) throw new ServerError("invalid_request", "lease is not renewable");
    const decision = await this.options.calls.renewLease(found.mountId, found.internalData);
    return this.lock.run(leaseId, async () => {
      const lease = await this.live(leaseId);
      if (lease === undefined || this.options.mounts.byId(lease.mountId) === undefined) throw notFound();
      const now = this.options.clock.nowMilliseconds();
      const granted = {
        ttlSeconds: decision.ttlSeconds ?? lease.ttlSeconds,
        maxTtlSeconds: decision.maxTtlSeconds ?? lease.maxTtlSeconds,
      };
      const limits = this.options.mounts.leaseLimits(lease.mountId);
      const grant = { ...granted, explicitMaxTtlSeconds: 0, periodSeconds: decision.periodSeconds ?? 0 };
      const expiry = expiryOf(grant, limits, lease.issueTimeMilliseconds, now, incrementSeconds);
      const tokenEnd = lease.tokenExpireTimeMilliseconds ?? Number.POSITIVE_INFINITY;
      const end = Math.min(expiry.expireTimeMilliseconds, tokenEnd);
      const renewed = { ...recordOf(lease), ...granted, lastRenewalMilliseconds: now, expireTimeMilliseconds: end };
      await this.store.change(lease, { ...renewed, dueMilliseconds: end });
      return issued(leaseId, renewed, now);
    });
  }

  async revoke(leaseId: string, sync: boolean): Promise<void> {
    if (!(await this.markRevoking(leaseId))) return;
    const attempt = this.attempt(leaseId);
    if (!sync) {
      void attempt.catch((error: unknown) => this.warn("revoking a lease failed", error));
    } else if (!(await attempt)) {
      throw new ServerError("internal", "the engine could not take the credential back; it is tried again");
    }
  }

  async revokePrefix(prefix: string, options: { readonly sync: boolean; readonly force: boolean }): Promise<void> {
    const under = prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/`;
    await this.store.eachUnder(under, (leaseId) =>
      options.force ? this.forget(leaseId) : this.revoke(leaseId, options.sync),
    );
    if (under.startsWith(TOKENS_ROOT)) await this.options.revokeTokensUnder(under);
  }

  listPrefix(prefix: string): Promise<readonly string[]> {
    return this.options.storage.list(`id/${prefix}`, { limit: LIST_MAX });
  }

  /** For the token service's revocation hook: all leases of the token are dead and queued when this resolves. */
  async revokeByToken(tokenHash: string): Promise<void> {
    if (tokenHash !== "") await this.store.eachOfToken(tokenHash, (leaseId) => this.revoke(leaseId, false));
  }

  private async live(leaseId: string): Promise<LoadedLease | undefined> {
    const lease = await this.store.read(leaseId);
    if (lease === undefined || lease.state !== "live") return undefined;
    return this.options.clock.nowMilliseconds() < lease.expireTimeMilliseconds ? lease : undefined;
  }

  /** From here on the lease is dead for clients, durably, and the sweeper sees to the rest. @returns whether there is one */
  private markRevoking(leaseId: string): Promise<boolean> {
    return this.lock.run(leaseId, async () => {
      const lease = await this.store.read(leaseId);
      if (lease === undefined) return false;
      if (lease.state === "revoking") return true;
      const dueMilliseconds = this.options.clock.nowMilliseconds();
      await this.store.change(lease, { ...recordOf(lease), state: "revoking", dueMilliseconds });
      return true;
    });
  }

  private forget(leaseId: string): Promise<void> {
    return this.lock.run(leaseId, async () => {
      const lease = await this.store.read(leaseId);
      if (lease !== undefined) await this.store.remove(lease);
    });
  }

  /** @returns whether the credential is taken back; otherwise the next attempt is written down */
  private attempt(leaseId: string): Promise<boolean> {
    return this.lock.run(leaseId, async () => {
      const lease = await this.store.read(leaseId);
      if (lease === undefined || lease.state !== "revoking") return true;
      try {
        await this.options.calls.revokeLease(lease.mountId, lease.internalData);
      } catch (error) {
        this.warn("an engine could not revoke a lease", error, lease.attempts + 1);
        await this.retryLater(lease);
        return false;
      }
      await this.store.remove(lease);
      return true;
    });
  }

  private async retryLater(lease: LoadedLease): Promise<void> {
    const pause = RETRY_FIRST_MILLISECONDS * 2 ** Math.min(lease.attempts, RETRY_DOUBLINGS_MAX);
    const dueMilliseconds = this.options.clock.nowMilliseconds() + pause;
    await this.store.change(lease, { ...recordOf(lease), attempts: lease.attempts + 1, dueMilliseconds });
  }

  private async sweepOnce(): Promise<void> {
    if (!this.options.mayWrite()) return;
    try {
      await this.sweep();
    } catch (error) {
      if (!isServerError(error, "sealed")) this.warn("sweeping leases failed", error);
    }
  }

  /** Ends every lease whose time has come and tries failed revocations again. */
  async sweep(): Promise<void> {
    for (let page = 0; page < SWEEP_PAGES_MAX; page++) {
      const now = this.options.clock.nowMilliseconds();
      const ids = await this.store.due(now, SWEEP_PAGE);
      for (const leaseId of ids) {
        if (await this.markRevoking(leaseId)) await this.attempt(leaseId);
        else await this.store.removeStale(leaseId, now);
      }
      if (ids.length < SWEEP_PAGE) return;
    }
  }

  private warn(message: string, error: unknown, attempt?: number): void {
    const reason = error instanceof Error ? error.message : "unknown";
    this.options.logger.log("warn", message, { reason, attempt });
  }
}

function recordOf({ leaseId: _leaseId, revision: _revision, ...record }: LoadedLease): LeaseRecord {
  return record;
}

function issued(leaseId: string, record: LeaseRecord, now: number): IssuedLease {
  const seconds = Math.max(1, Math.ceil((record.expireTimeMilliseconds - now) / 1000));
  return { leaseId, renewable: record.renewable, leaseDurationSeconds: seconds };
}

function notFound(): ServerError {
  return new ServerError("invalid_request", "lease not found");
}
