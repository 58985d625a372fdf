import { ServerError } from "../../sdk/errors";
import type { ReplicationMode } from "../../sdk/log";
import type { EnableSecondaryRequest, PrimaryApi, UpdatePrimaryRequest } from "../../sdk/replication-admin";
import { dialWithin } from "../stream/primary-link";
import { openActivationToken } from "./activation";
import { type ActivationBundle, readBundle } from "./activation-bundle";
import { ActivationRefusals, ActivationRefused } from "./activation-refusals";
import { BuildRunner } from "./build-runner";
import type { ReplicationDependencies } from "./dependencies";
import { requireAddress } from "./primary-admin";
import type { PrimaryLink } from "./records";
import type { RoleChanges } from "./role-changes";
import { requireAllowed } from "./role-rules";
import type { RoleState } from "./role-state";
import type { Runners } from "./runners";
import { createActivationKey, isSealedToken, openSealedToken, publicKeyOf } from "./sealed-token";
import type { UnsettledContent } from "./unsettled-content";

const INFORMED = "This cluster has been successfully informed of its primary.";
const ADDRESSES_MAX = 64;
/** How long update_primary_addrs looks for who answers, all addresses together. */
const ANSWERS_MILLISECONDS = 15_000;

/** What an operator does on a secondary, or on a cluster that becomes one. */
export class SecondaryAdmin {
  private readonly refusals: ActivationRefusals;

  constructor(
    private readonly deps: ReplicationDependencies,
    private readonly state: RoleState,
    private readonly changes: RoleChanges,
    private readonly runners: Runners,
    private readonly unsettled: UnsettledContent,
  ) {
    this.refusals = new ActivationRefusals(deps.clock, deps.logger, deps.metrics);
  }

  /** Opens the token, meets the primary and begins the snapshot; the rest goes on in the background. */
  enable(mode: ReplicationMode, request: EnableSecondaryRequest): Promise<readonly string[]> {
    return this.changes.exclusive(async () => {
      requireAllowed(this.state.roles(), mode, "enable-secondary");
      const bundle = await this.openToken(mode, request.token, request.api);
      const build = new BuildRunner(this.deps, mode, bundle.setId, bundle.link);
      await this.meetPrimary(build);
      await this.runners.startBuild(build);
      const { secondaryId, primaryClusterAddress } = bundle.link;
      const facts = { mode, set: bundle.setId, secondary: secondaryId, address: primaryClusterAddress };
      this.deps.logger.log("info", "bootstrap begins", facts);
      this.deps.roleChanged();
      return [
        "This cluster has been successfully informed of its primary. It may take a while to set up replication; this cluster will be unavailable until the initial sync with the primary is complete.",
      ];
    });
  }

  disable(mode: ReplicationMode): Promise<readonly string[]> {
    return this.changes.exclusive(async () => {
      requireAllowed(this.state.roles(), mode, "disable-secondary");
      const isBootstrapping = this.state.building === mode;
      await this.runners.stop(mode);
      try {
        await this.runners.giveUpBuild(mode, "replication is disabled");
        // Who is only being made a secondary holds its own data still, in no role.
        if (!isBootstrapping) await this.leaveSet(mode);
      } finally {
        await this.changes.settle(this.runners);
      }
      this.deps.logger.log("info", "replication disabled", { mode });
      return [
        "This cluster is having replication disabled. It will be unavailable for a brief period and will resume service shortly.",
      ];
    });
  }

  updatePrimary(mode: ReplicationMode, request: UpdatePrimaryRequest): Promise<readonly string[]> {
    return this.changes.exclusive(async () => {
      requireAllowed(this.state.roles(), mode, "update-primary");
      const { role } = this.state.of(mode);
      if (role.role !== "secondary") throw new ServerError("internal", { detail: "role changed" });
      const { link, warning } = await this.newLink(mode, role.setId, role.link, request);
      await this.runners.stop(mode);
      try {
        // A snapshot under way would bring the old link with it.
        await this.runners.giveUpBuild(mode, "the primary was updated");
        await this.changes.commit([this.state.store.putRole(mode, { ...role, link })]);
      } finally {
        await this.changes.settle(this.runners);
      }
      this.deps.logger.log("info", "primary updated", { mode, address: link?.primaryClusterAddress });
      return [warning];
    });
  }

  /** A key for one sealed token; a new one takes the place of the one before. */
  generatePublicKey(mode: ReplicationMode): Promise<string> {
    return this.changes.exclusive(async () => {
      const { store } = this.state;
      const key = createActivationKey();
      await this.deps.core.barrier.commit([store.putActivationKey(mode, key)]);
      return publicKeyOf(key);
    });
  }

  private async leaveSet(mode: ReplicationMode): Promise<void> {
    // Members and filters may have come over the stream since they were last read.
    await this.state.load();
    const { store } = this.state;
    const operations = [store.putRole(mode, { role: "disabled" }), this.unsettled.left(mode)];
    // The performance role that a DR secondary holds in reserve is its primary's: it must not wake up beside it.
    if (mode === "dr") {
      operations.push(store.putRole("performance", { role: "disabled" }), this.unsettled.left("performance"));
      operations.push(...store.deleteSet("performance", this.state.of("performance")));
      operations.push(...store.deleteSet("dr", this.state.of("dr")));
    } else operations.push(...store.deleteFilters(mode, this.state.of(mode)));
    // What is written from now on is in no epoch of the set.
    const lineages = mode === "dr" ? { dr: [], performance: [] } : { performance: [] };
    await this.changes.commit(operations, { lineages, cursors: { [mode]: undefined } });
    await this.unsettled.load();
  }

  /** @param setId the set that this cluster belongs to; undefined: none */
  private openToken(mode: ReplicationMode, given: string, primary: PrimaryApi, setId?: string) {
    return this.refusals.noting(async () => {
      const bundle = await this.readToken(mode, given, primary);
      if (setId === undefined || bundle.setId === setId) return bundle;
      const text = `the token is of the replication set ${bundle.setId}, this cluster belongs to ${setId}; disable replication and enable it anew to change sets`;
      throw new ActivationRefused("misplaced", text);
    });
  }

  private async readToken(mode: ReplicationMode, given: string, primary: PrimaryApi): Promise<ActivationBundle> {
    const token = given.trim();
    const { api, clock, core } = this.deps;
    if (!isSealedToken(token)) return await openActivationToken(api, clock, mode, token, primary);
    const { store } = this.state;
    const key = await store.readActivationKey(mode);
    if (key === undefined) {
      throw new ActivationRefused(
        "altered",
        "this cluster has no key for such a token: call generate-public-key, once per token",
      );
    }
    const envelope = openSealedToken(token, key, Math.floor(clock.nowMilliseconds() / 1000));
    const bundle = readBundle(envelope, mode);
    envelope.fill(0);
    // Without its key the token opens no second time.
    await core.barrier.commit([store.deleteActivationKey(mode)]);
    return bundle;
  }

  private async newLink(
    mode: ReplicationMode,
    setId: string,
    known: PrimaryLink | undefined,
    request: UpdatePrimaryRequest,
  ): Promise<{ readonly link: PrimaryLink | undefined; readonly warning: string }> {
    const { token, addresses } = request;
    if (addresses.length > 0) return await this.firstToAnswer(setId, linkToAddresses(known, token, addresses));
    if (token === undefined) throw new ServerError("invalid_request", "give either token or update_primary_addrs");
    if (token === "") return { link: undefined, warning: INFORMED };
    const bundle = await this.openToken(mode, token, request.api, setId);
    return { link: bundle.link, warning: INFORMED };
  }

  /** The first of the known addresses, tried in their order, that answers as the set's primary is recorded as the primary's. */
  private async firstToAnswer(setId: string, link: PrimaryLink) {
    const { transport, clock } = this.deps;
    const limit = new AbortController();
    const timer = clock.setTimer(ANSWERS_MILLISECONDS, () => limit.abort());
    try {
      for (const address of link.knownAddresses) {
        try {
          const dialling = { transport, clock, setId, credentials: link.credentials };
          (await dialWithin(dialling, address, limit.signal)).destroy();
          return { link: { ...link, primaryClusterAddress: address }, warning: INFORMED };
        } catch (error) {
          const reason = error instanceof Error ? error.message : "unknown";
          this.deps.logger.log("info", "an address of update_primary_addrs does not answer", { address, reason });
        }
      }
      return { link, warning: `${INFORMED} None of its addresses answers yet; they are tried until one does.` };
    } finally {
      timer.cancel();
    }
  }

  private async meetPrimary(build: BuildRunner): Promise<void> {
    const { transport, clock } = this.deps;
    const { setId, link } = build;
    const address = link.primaryClusterAddress;
    try {
      const connection = await dialWithin({ transport, clock, setId, credentials: link.credentials }, address);
      try {
        await build.begin(connection);
      } finally {
        connection.destroy();
      }
    } catch (cause) {
      if (cause instanceof ServerError) throw cause;
      const reason = cause instanceof Error ? cause.message : "unknown";
      const publicText = `error fetching secondary bootstrap package from ${address}: ${reason}`;
      throw new ServerError("invalid_request", { publicText, cause });
    }
  }
}

function linkToAddresses(
  known: PrimaryLink | undefined,
  token: string | undefined,
  addresses: readonly string[],
): PrimaryLink {
  if (token !== undefined && token !== "") {
    throw new ServerError("invalid_request", "token and update_primary_addrs exclude each other");
  }
  if (known === undefined) {
    throw new ServerError("invalid_request", "this cluster has no credentials for a primary: give it a token");
  }
  if (addresses.length > ADDRESSES_MAX) {
    throw new ServerError("invalid_request", `update_primary_addrs takes at most ${ADDRESSES_MAX} addresses`);
  }
  for (const address of addresses) {
    if (address === "") throw new ServerError("invalid_request", "update_primary_addrs has an empty address");
    requireAddress(address);
  }
  return { ...known, primaryClusterAddress: addresses[0] ?? known.primaryClusterAddress, knownAddresses: addresses };
}
