import { isServerError, ServerError } from "../../sdk/errors";
import { stringifyJson } from "../../sdk/json";
import { nextLineage } from "../../sdk/lineage";
import type { ReplicationMode } from "../../sdk/log";
import type { WrapInfo } from "../../sdk/outcome";
import type { EnablePrimaryRequest, PathsFilter, SecondaryTokenRequest } from "../../sdk/replication-admin";
import { parseClusterAddress } from "../../sdk/transport";
import { filterFault } from "../filter/filter-check";
import type { PrimaryHub } from "../stream/primary-hub";
import { asActivationToken } from "./activation";
import { bundleEnvelope } from "./activation-bundle";
import { createSigningKey } from "./activation-token";
import type { ClusterPort } from "./cluster-port";
import type { ReplicationDependencies } from "./dependencies";
import type { SetRecord } from "./records";
import { MEMBERS_MAX } from "./replication-store";
import type { RoleChanges } from "./role-changes";
import { requireAllowed } from "./role-rules";
import type { RoleState } from "./role-state";
import type { Runners } from "./runners";
import { sealBundle } from "./sealed-token";

/** Generic names of the API: word characters, with dots and dashes inside. */
const ID = /^\w([\w.-]*\w)?$/;
const ID_CHARACTERS_MAX = 128;
const TTL_SECONDS_MAX = 30 * 86_400;
const FILTER_PATHS_MAX = 10_000;

/** What an operator does on a primary. */
export class PrimaryAdmin {
  constructor(
    private readonly deps: ReplicationDependencies,
    private readonly state: RoleState,
    private readonly changes: RoleChanges,
    private readonly hub: PrimaryHub,
    private readonly port: ClusterPort,
    private readonly runners: Runners,
  ) {}

  enable(mode: ReplicationMode, request: EnablePrimaryRequest): Promise<readonly string[]> {
    return this.changes.exclusive(async () => {
      requireAllowed(this.state.roles(), mode, "enable-primary");
      requireAddress(request.primaryClusterAddress);
      await this.port.open();
      const setId = this.deps.random.uuid();
      const { store } = this.state;
      const role = { role: "primary", setId, primaryClusterAddress: request.primaryClusterAddress } as const;
      const operations = [store.putRole(mode, role), store.putSet(mode, await this.newSet(setId))];
      const { log, identity } = this.deps.core;
      // A new set begins a new history, whatever this cluster was part of before.
      const lineage = nextLineage([], identity.id, log.lastIndex() + 1);
      await this.changes.commit(operations, { lineages: { [mode]: lineage } });
      await this.changes.settle(this.runners);
      return [
        "This cluster is being enabled as a primary for replication. It will be unavailable for a brief period and will resume service shortly.",
      ];
    });
  }

  disable(mode: ReplicationMode): Promise<readonly string[]> {
    return this.changes.exclusive(async () => {
      requireAllowed(this.state.roles(), mode, "disable-primary");
      const { store } = this.state;
      const forgotten = store.deleteSet(mode, this.state.of(mode));
      const disabled = store.putRole(mode, { role: "disabled" });
      // What is written from now on is in no epoch of the set.
      await this.changes.commit([disabled, store.deleteFormerPrimary(mode), ...forgotten], {
        lineages: { [mode]: [] },
      });
      await this.changes.settle(this.runners);
      this.deps.logger.log("info", "replication disabled", { mode });
      return [
        "This cluster is having replication disabled. It will be unavailable for a brief period and will resume service shortly.",
      ];
    });
  }

  issueToken(mode: ReplicationMode, request: SecondaryTokenRequest): Promise<WrapInfo> {
    return this.issueWith(mode, request, async (envelope) => {
      const signingKey = await this.signingKey();
      const wrapped = this.deps.wrapping.wrap(envelope, request.ttlSeconds, request.creationPath);
      const wrap = await wrapped.catch((error: unknown) => {
        throw withWaysOut(error, mode);
      });
      return asActivationToken(wrap, this.deps.settings.apiAddress, signingKey);
    });
  }

  /** A token that only the owner of the public key can open, without asking us. */
  issueSealedToken(mode: ReplicationMode, request: SecondaryTokenRequest, publicKey: string): Promise<string> {
    const expiresAtSeconds = Math.floor(this.deps.clock.nowMilliseconds() / 1000) + request.ttlSeconds;
    return this.issueWith(mode, request, async (envelope) => sealBundle(envelope, publicKey, expiresAtSeconds));
  }

  /** What the operator has to know of the addresses in a token. @param isSealed it is opened without the API */
  tokenWarnings(mode: ReplicationMode, isSealed: boolean): readonly string[] {
    const { apiAddress, clusterAddress, guessedAddresses = [] } = this.deps.settings;
    const { role } = this.state.of(mode);
    const warnings: string[] = [];
    if (!isSealed && guessedAddresses.includes("api_addr")) {
      warnings.push(
        `api_addr is not configured, so the token says that this cluster's API is at ${apiAddress}: give secondary/enable the primary_api_addr under which the secondary reaches it.`,
      );
    }
    const names = role.role === "primary" && role.primaryClusterAddress !== "";
    if (!names && guessedAddresses.includes("cluster_addr")) {
      warnings.push(
        `Neither cluster_addr nor primary_cluster_addr is configured, so the token sends the secondary to ${clusterAddress}: other machines do not reach this cluster there.`,
      );
    }
    return warnings;
  }

  private issueWith<Token>(
    mode: ReplicationMode,
    request: SecondaryTokenRequest,
    pack: (envelope: Buffer) => Promise<Token>,
  ): Promise<Token> {
    return this.changes.exclusive(async () => {
      requireAllowed(this.state.roles(), mode, "secondary-token");
      requireId(request.id);
      if (request.ttlSeconds < 1 || request.ttlSeconds > TTL_SECONDS_MAX) {
        throw new ServerError("invalid_request", `ttl must be between 1 second and ${TTL_SECONDS_MAX} seconds`);
      }
      if (this.hub.view(mode, request.id)?.connected === true) {
        const text = `a secondary with the id ${request.id} is connected; choose another id or revoke it first`;
        throw new ServerError("invalid_request", text);
      }
      const { members } = this.state.of(mode);
      if (members.size >= MEMBERS_MAX) throw new ServerError("invalid_request", "the set has too many secondaries");
      return await this.issue(mode, request, pack);
    });
  }

  revoke(mode: ReplicationMode, id: string): Promise<readonly string[]> {
    return this.changes.exclusive(async () => {
      requireAllowed(this.state.roles(), mode, "revoke-secondary");
      const member = this.state.of(mode).members.get(id);
      if (member === undefined) throw new ServerError("invalid_request", `there is no secondary with the id ${id}`);
      await this.changes.commit([this.state.store.putMember(mode, { ...member, revoked: true })]);
      this.hub.drop(mode, id);
      // Who waits for a secondary's word may wait for nobody now.
      await this.changes.settle(this.runners);
      this.deps.logger.log("warn", "secondary revoked", { mode, secondary: id });
      return [];
    });
  }

  /** undefined removes the filter. */
  writeFilter(id: string, filter: PathsFilter | undefined): Promise<void> {
    return this.changes.exclusive(async () => {
      requireAllowed(this.state.roles(), "performance", "filter");
      requireId(id);
      if ((filter?.paths.length ?? 0) > FILTER_PATHS_MAX) throw new ServerError("invalid_request", "too many paths");
      const { core, mountPathOf } = this.deps;
      const fault = filter === undefined ? undefined : await filterFault(filter, core.log, mountPathOf);
      if (fault !== undefined) throw new ServerError("invalid_request", fault);
      await this.changes.commit([this.state.store.putFilter("performance", id, { filter })]);
      this.hub.notify();
      const facts = { mode: "performance", secondary: id, filter: filter?.mode ?? "none", paths: filter?.paths.length };
      this.deps.logger.log("info", "filter changed", facts);
    });
  }

  private async newSet(setId: string): Promise<SetRecord> {
    const authority = await this.deps.certificates.createAuthority(setId);
    return { setId, authorityCertificate: authority.certificate, authorityKey: authority.privateKey };
  }

  private async issue<Token>(
    mode: ReplicationMode,
    request: SecondaryTokenRequest,
    pack: (envelope: Buffer) => Promise<Token>,
  ): Promise<Token> {
    const { role, set } = this.state.of(mode);
    if (role.role !== "primary" || set === undefined) throw new ServerError("internal", { detail: "set is missing" });
    const authority = { certificate: set.authorityCertificate, privateKey: set.authorityKey };
    const usage = { setId: set.setId, name: request.id, usage: "client" } as const;
    const issued = await this.deps.certificates.issue(authority, usage);
    const known = this.state.of(mode).members.get(request.id);
    // The cluster that has followed us as this one may have been promoted over us: it is waited for until it is revoked.
    const followed = known?.revoked === true ? undefined : known?.followed;
    const member = {
      id: request.id,
      fingerprint: this.deps.certificates.fingerprintOf(issued.certificate),
      issuedAtMilliseconds: this.deps.clock.nowMilliseconds(),
      revoked: false,
      clusterAddress: known?.clusterAddress ?? "",
      followed,
      followedByAnother: followed !== undefined,
    };
    const link = {
      secondaryId: request.id,
      credentials: { authorityCertificate: set.authorityCertificate, ...issued },
      primaryClusterAddress: role.primaryClusterAddress || this.deps.settings.clusterAddress,
      knownAddresses: [],
      rejoins: true,
    };
    const token = await pack(bundleEnvelope({ mode, setId: set.setId, link }, this.deps.random.uuid()));
    await this.changes.commit([this.state.store.putMember(mode, member)]);
    this.deps.logger.log("info", "secondary token issued", { mode, secondary: request.id });
    return token;
  }

  private async signingKey(): Promise<string> {
    const known = await this.state.store.readSigningKey();
    if (known !== undefined) return known;
    const made = createSigningKey();
    await this.changes.commit([this.state.store.putSigningKey(made)]);
    return made;
  }
}

/** A wrapping token is a write. Whoever waits for the secondary that needs the token must learn how it gets one. */
function withWaysOut(error: unknown, mode: ReplicationMode): unknown {
  if (!isServerError(error, "unconfirmed") && !isServerError(error, "dr_unconfirmed")) return error;
  const publicText =
    `${error.publicText}. A wrapped secondary-token is such a write: revoke every secondary that has left by ` +
    `sys/replication/${mode}/primary/revoke-secondary (with the last of them the wait ends), or give this call the secondary_public_key that ` +
    `sys/replication/${mode}/secondary/generate-public-key made there, whose token is not wrapped`;
  return new ServerError(error.code, { publicText, cause: error });
}

function requireId(id: string): void {
  if (id.length > ID_CHARACTERS_MAX || !ID.test(id)) {
    throw new ServerError("invalid_request", "id must be letters, digits, underscores, and dots or dashes inside");
  }
}

/** @throws invalid_request for what is neither empty nor host:port */
export function requireAddress(address: string): void {
  if (address !== "" && parseClusterAddress(address) === undefined) {
    throw new ServerError("invalid_request", `${stringifyJson(address)} is no cluster address (host:port)`);
  }
}
