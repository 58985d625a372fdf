import { ServerError } from "../../sdk/errors";
import type { ReplicationMode } from "../../sdk/log";
import type { EnableSecondaryRequest, PrimaryApi, UpdatePrimaryRequest } from "../../sdk/replication-admin";
import { SerialTasks } from "../../sdk/serial-tasks";
import { dialWithin } from "../stream/primary-link";
import { openActivationToken } from "./activation";
import { type ActivationBundle, readBundle } from "./activation-bundle";
import { ActivationRefusals, ActivationRefused } from "./activation-refusals";
import { BuildRunner } from "./build-runner";
import type { ReplicationDependencies } from "./dependencies";
import { requireAddress } from "./primary-admin";
import type { PrimaryLink, RoleRecord } from "./records";
import type { RoleChanges } from "./role-changes";
import { requireAllowed } from "./role-rules";
import type { RoleState } from "./role-state";
import type { Runners } from "./runners";
import { createActivationKey, isSealedToken, openSealedToken, publicKeyOf } from "./sealed-token";
import type { UnsettledContent } from "./unsettled-content";

const INFORMED = "This cluster has been successfully informed of its primary.";
const NOBODY_ANSWERS = `${INFORMED} None of its addresses answers yet; they are tried until one does.`;
const JOINED_ANOTHER_SET = "this cluster joined another replication set meanwhile; nothing was changed";
const ADDRESSES_MAX = 64;
/** How long update_primary_addrs looks for who answers, all addresses together. */
const ANSWERS_MILLISECONDS = 15_000;

type SecondaryRecord = Extract<RoleRecord, { readonly role: "secondary" }>;

/** What of a new primary was learned before the role change began. */
interface MetPrimary {
  readonly bundle?: ActivationBundle;
  /** Undefined: none of the addresses answered. */
  readonly address?: string | undefined;
}

/** What an operator does on a secondary, or on a cluster that becomes one. */
export class SecondaryAdmin {
  private readonly refusals: ActivationRefusals;
  /** One at a time, in the order of the calls: the last one stays. */
  private readonly updates = new SerialTasks();

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

  /** Whom it names is met first, outside of the role change: a promotion that is called meanwhile waits for nobody's answer. */
  updatePrimary(mode: ReplicationMode, request: UpdatePrimaryRequest): Promise<readonly string[]> {
    return this.updates.run(async () => {
      const before = this.requireSecondary(mode);
      const met = await this.meet(mode, before, request);
      return await this.changes.exclusive(async () => {
        const role = this.requireSecondary(mode);
        if (role.setId !== before.setId) throw new ServerError("invalid_request", JOINED_ANOTHER_SET);
        const link = await this.newLink(mode, role, request, met);
        await this.follow(mode, { ...role, link });
        this.deps.logger.log("info", "primary updated", { mode, address: link?.primaryClusterAddress });
        return [request.addresses.length > 0 && met.address === undefined ? NOBODY_ANSWERS : INFORMED];
      });
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

  private requireSecondary(mode: ReplicationMode): SecondaryRecord {
    requireAllowed(this.state.roles(), mode, "update-primary");
    const { role } = this.state.of(mode);
    if (role.role !== "secondary") throw new ServerError("internal", { detail: "role changed" });
    return role;
  }

  private async follow(mode: ReplicationMode, role: SecondaryRecord): Promise<void> {
    await this.runners.stop(mode);
    try {
      // A snapshot under way would bring the old link with it.
      await this.runners.giveUpBuild(mode, "the primary was updated");
      await this.changes.commit([this.state.store.putRole(mode, role)]);
    } finally {
      await this.changes.settle(this.runners);
    }
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

  /** What only others can answer. */
  private async meet(mode: ReplicationMode, role: SecondaryRecord, request: UpdatePrimaryRequest): Promise<MetPrimary> {
    const { token, addresses, api } = request;
    if (addresses.length > 0) {
      return { address: await this.firstToAnswer(role.setId, linkToAddresses(role.link, token, addresses)) };
    }
    // A sealed one is opened by this cluster's own key, which is used up by it.
    if (token === undefined || token === "" || isSealedToken(token.trim())) return {};
    return { bundle: await this.openToken(mode, token, api, role.setId) };
  }

  private async newLink(
    mode: ReplicationMode,
    role: SecondaryRecord,
    { token, addresses, api }: UpdatePrimaryRequest,
    met: MetPrimary,
  ): Promise<PrimaryLink | undefined> {
    if (addresses.length > 0) {
      const link = linkToAddresses(role.link, token, addresses);
      return { ...link, primaryClusterAddress: met.address ?? link.primaryClusterAddress };
    }
    if (token === undefined) throw new ServerError("invalid_request", "give either token or update_primary_addrs");
    if (token === "") return undefined;
    return (met.bundle ?? (await this.openToken(mode, token, api, role.setId))).link;
  }

  /** The first of the known addresses, tried in their order, that answers as the set's primary. */
  private async firstToAnswer(setId: string, link: PrimaryLink): Promise<string | undefined> {
    const { transport, clock } = this.deps;
    const limit = new AbortController();
    const timer = clock.setTimer(ANSWERS_MILLISECONDS, () => limit.abort());
    try {
      for (const address of link.knownAddresses) {
        try {
          const dialling = { transport, clock, setId, credentials: link.credentials };
          (await dialWithin(dialling, address, limit.signal)).destroy();
          return address;
        } catch (error) {
          const reason = error instanceof Error ? error.message : "unknown";
          this.deps.logger.log("info", "an address of update_primary_addrs does not answer", { address, reason });
        }
      }
      return undefined;
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
