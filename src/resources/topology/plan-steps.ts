import { type Filter, sameFilter } from "../replication/filter";
import type { Mode } from "../replication/status";
import {
  desiredRoles,
  filterOf,
  NO_ROLE,
  partnerOf,
  presentPrimary,
  type Role,
  type Roles,
  type TopologyFacts,
  type TopologyWish,
} from "./roles";

/** One change. Each checks first whether it is done already, so that all of them can be repeated. */
export type Step =
  | { readonly kind: "enable-primary"; readonly cluster: string; readonly mode: Mode }
  | { readonly kind: "drain"; readonly cluster: string; readonly mode: Mode; readonly target: string }
  | { readonly kind: "give-up"; readonly cluster: string }
  | { readonly kind: "demote"; readonly cluster: string; readonly mode: Mode }
  | { readonly kind: "promote"; readonly cluster: string; readonly mode: Mode; readonly force: boolean }
  | {
      readonly kind: "join" | "re-point" | "rejoin";
      readonly cluster: string;
      readonly mode: Mode;
      readonly primary: string;
      readonly filter: Filter | null;
    }
  | { readonly kind: "filter"; readonly cluster: string; readonly primary: string; readonly filter: Filter | null }
  | { readonly kind: "remove"; readonly cluster: string; readonly mode: Mode; readonly primary: string }
  | { readonly kind: "disable-primary"; readonly cluster: string; readonly mode: Mode };

export interface StepPlan {
  readonly steps: readonly Step[];
  /** Reasons for which it cannot be done; the steps are then of no use. */
  readonly problems: readonly string[];
  /** Clusters that would need a step and do not answer: theirs are left for later. */
  readonly postponed: readonly string[];
}

/**
 * The steps from what is to what shall be. A pure function, so that both of Terraform's plans come to the same answer. It
 * starts from any state, also one that an interrupted apply left.
 */
export function planSteps(wish: TopologyWish, facts: TopologyFacts): StepPlan {
  const draft = new Draft(wish, facts);
  draft.movePrimary();
  if (draft.problems.length === 0) draft.settleMembers();
  return { steps: draft.steps, problems: draft.problems, postponed: [...draft.postponed] };
}

/** Collects steps and keeps track of the roles as they will be after each. */
class Draft {
  readonly steps: Step[] = [];
  readonly problems: string[] = [];
  readonly postponed = new Set<string>();
  private readonly roles: Map<string, Role>;
  private readonly desired: Roles;
  private readonly movedFrom = new Set<string>();

  constructor(
    private readonly wish: TopologyWish,
    private readonly facts: TopologyFacts,
  ) {
    this.roles = new Map(facts.roles);
    this.desired = desiredRoles(wish, facts.roles);
  }

  movePrimary(): void {
    const { primary } = this.wish;
    const role = this.role(primary);
    const old = presentPrimary(this.facts.roles);
    // Another one that was promoted by hand may come first by its name: it does not make this one less of a primary.
    if (role.performance === "primary" && role.dr !== "secondary") return;
    if (this.facts.unreachable.has(primary)) this.problems.push(`"${primary}" shall be primary and does not answer.`);
    else if (role.dr === "secondary") this.moveToStandby(primary, partnerOf(this.wish.pairs, primary) ?? role.follows);
    else if (role.performance === "secondary" && this.isFiltered(primary)) this.problems.push(filteredProblem(primary));
    else if (role.performance === "secondary") this.moveToSecondary(primary, old);
    else if (old !== undefined) this.problems.push(newcomerProblem(primary, old));
    else this.add({ kind: "enable-primary", cluster: primary, mode: "performance" });
  }

  private moveToStandby(standby: string, old: string): void {
    const givenUp = this.release(old, "dr", standby);
    if (this.problems.length > 0) return;
    const before = this.facts.roles.get(old)?.performance ?? "disabled";
    this.add({ kind: "promote", cluster: standby, mode: "dr", force: givenUp });
    this.roles.set(standby, {
      performance: before === "secondary" ? "secondary" : "primary",
      dr: "primary",
      follows: "",
    });
  }

  private moveToSecondary(secondary: string, old: string | undefined): void {
    const givenUp = old !== undefined && this.release(old, "performance", secondary);
    if (this.problems.length > 0) return;
    this.add({ kind: "promote", cluster: secondary, mode: "performance", force: givenUp });
    this.roles.set(secondary, { ...this.role(secondary), performance: "primary", follows: "" });
  }

  /** Takes the writes away from the old primary. True if it is given up because it does not answer. */
  private release(old: string, mode: Mode, target: string): boolean {
    const role = this.role(old);
    if (this.facts.unreachable.has(old)) {
      if (this.wish.allowDataLoss.has(old)) this.steps.push({ kind: "give-up", cluster: old });
      else this.problems.push(unreachableProblem(old, target));
      return true;
    }
    if (role[mode] !== "primary") return false;
    this.steps.push({ kind: "drain", cluster: old, mode, target });
    this.movedFrom.add(old);
    const performance = mode === "dr" ? "disabled" : "secondary";
    this.roles.set(old, { performance, dr: mode === "dr" ? "secondary" : role.dr, follows: "" });
    return false;
  }

  settleMembers(): void {
    const members = [...this.desired];
    for (const [cluster, role] of members) if (role.follows === "") this.settle(cluster, role);
    for (const [cluster, role] of members) if (role.performance === "secondary") this.settle(cluster, role);
    for (const [cluster, role] of members) if (role.dr === "secondary") this.settle(cluster, role);
    for (const cluster of this.roles.keys()) if (!this.desired.has(cluster)) this.leave(cluster);
    for (const [cluster, role] of members) this.stopBeingDrPrimary(cluster, role);
  }

  private settle(cluster: string, wanted: Role): void {
    const before = this.steps.length;
    if (wanted.dr === "secondary") this.settleStandby(cluster, wanted);
    else {
      if (wanted.performance === "secondary") this.settleSecondary(cluster, wanted);
      if (wanted.dr === "primary" && this.role(cluster).dr !== "primary") {
        this.add({ kind: "enable-primary", cluster, mode: "dr" });
      }
    }
    if (this.steps.length > before && this.facts.unreachable.has(cluster)) this.postpone(cluster, before);
  }

  private settleSecondary(cluster: string, wanted: Role): void {
    const role = this.role(cluster);
    if (role.dr === "secondary") this.problems.push(standbyProblem(cluster));
    if (role.performance === "primary") this.demote(cluster, "performance");
    const filter = filterOf(this.wish, cluster);
    if (role.performance === "disabled") {
      this.follow("join", cluster, "performance", wanted.follows, filter);
    } else if (role.performance === "primary" || role.follows !== wanted.follows) {
      this.follow(this.returns(cluster) ? "rejoin" : "re-point", cluster, "performance", wanted.follows, filter);
    } else if (!sameFilter(this.facts.filters.get(cluster) ?? null, filter)) {
      this.add({ kind: "filter", cluster, primary: wanted.follows, filter });
    }
  }

  private settleStandby(cluster: string, wanted: Role): void {
    const role = this.role(cluster);
    const { follows } = wanted;
    if (role.dr === "primary") {
      this.demote(cluster, "dr");
      this.follow("rejoin", cluster, "dr", follows, null);
    } else if (role.dr === "disabled") {
      const { primary } = this.wish;
      if (role.performance === "secondary") this.add({ kind: "remove", cluster, mode: "performance", primary });
      this.follow("join", cluster, "dr", follows, null);
    } else if (role.follows !== follows) {
      this.follow(this.returns(cluster) ? "rejoin" : "re-point", cluster, "dr", follows, null);
    }
  }

  /** A member that became a primary otherwise than by a move of this plan may hold writes that nobody else has. */
  private demote(cluster: string, mode: Mode): void {
    const isAccepted = this.wish.allowDataLoss.has(cluster) || this.facts.unreachable.has(cluster);
    if (!isAccepted) this.problems.push(promotedProblem(cluster, this.wish.primary));
    this.add({ kind: "demote", cluster, mode });
  }

  private leave(cluster: string): void {
    const role = this.role(cluster);
    if (this.facts.unreachable.has(cluster) && (role.performance !== "disabled" || role.dr !== "disabled")) {
      this.postponed.add(cluster);
      return;
    }
    const primary = role.follows === "" ? this.wish.primary : role.follows;
    if (role.dr === "secondary") this.add({ kind: "remove", cluster, mode: "dr", primary });
    if (role.performance === "secondary") this.add({ kind: "remove", cluster, mode: "performance", primary });
    if (role.dr === "primary") this.add({ kind: "disable-primary", cluster, mode: "dr" });
    if (role.performance === "primary") this.problems.push(strayPrimaryProblem(cluster));
  }

  private stopBeingDrPrimary(cluster: string, wanted: Role): void {
    if (wanted.dr === "disabled" && this.role(cluster).dr === "primary" && !this.facts.unreachable.has(cluster)) {
      this.add({ kind: "disable-primary", cluster, mode: "dr" });
    }
  }

  private follow(
    kind: "join" | "re-point" | "rejoin",
    cluster: string,
    mode: Mode,
    primary: string,
    filter: Filter | null,
  ) {
    this.add({ kind, cluster, mode, primary, filter });
  }

  /** A former primary comes back, in this plan or after an interrupted one. */
  private returns(cluster: string): boolean {
    return this.movedFrom.has(cluster) || this.role(cluster).follows === "";
  }

  private isFiltered(cluster: string): boolean {
    return (this.facts.filters.get(cluster) ?? null) !== null;
  }

  private postpone(cluster: string, from: number): void {
    this.steps.splice(from);
    this.postponed.add(cluster);
  }

  private role(cluster: string): Role {
    return this.roles.get(cluster) ?? NO_ROLE;
  }

  private add(step: Step): void {
    this.steps.push(step);
  }
}

function newcomerProblem(primary: string, old: string): string {
  return `"${primary}" shall be primary, but it is not in the set yet and "${old}" is its primary. First add it as a secondary and apply; then move the primary.`;
}

/** Its copy lacks what is filtered, and the others would follow it in that. */
function filteredProblem(primary: string): string {
  return `"${primary}" shall be primary, but does not hold everything: it has a paths filter, and what it lacks would be gone from the whole set. First remove the filter and apply; then move the primary.`;
}

function unreachableProblem(old: string, target: string): string {
  return (
    `"${old}" does not answer, so its last writes cannot be handed over to "${target}": what it acknowledged and had not ` +
    `sent would be lost. Bring it back, or accept the loss with allow_data_loss = ["${old}"].`
  );
}

function promotedProblem(cluster: string, primary: string): string {
  return (
    `"${cluster}" is a primary too, beside "${primary}": it was promoted by hand, or came back after it had been replaced, and ` +
    "may hold writes that no other cluster has. It is neither demoted nor wiped. Make it the primary, or accept the loss of " +
    `what only it has with allow_data_loss = ["${cluster}"].`
  );
}

function standbyProblem(cluster: string): string {
  return `"${cluster}" is a DR secondary now and shall serve clients. Make it primary in place of its partner, or take it out of disaster_recovery first.`;
}

function strayPrimaryProblem(cluster: string): string {
  return `"${cluster}" is a primary and no longer in the configuration. Move the primary to another cluster first.`;
}

function filterText(filter: Filter | null): string {
  return filter === null ? "" : `, ${filter.mode} ${[...filter.paths].sort().join(" ")}`;
}

/** One line per step, as the plan shows it. */
export function describeStep(step: Step): string {
  switch (step.kind) {
    case "enable-primary":
      return `make ${step.cluster} a ${step.mode} primary`;
    case "drain":
      return `fence ${step.cluster} and drain to ${step.target} (${step.mode})`;
    case "give-up":
      return `give up ${step.cluster}, which does not answer: writes it had not sent are lost`;
    case "demote":
      return `demote ${step.cluster} (${step.mode})`;
    case "promote":
      return `promote ${step.cluster} (${step.mode}${step.force ? ", forced" : ""})`;
    case "join":
      return `add ${step.cluster} as ${step.mode} secondary of ${step.primary}${filterText(step.filter)}; its own data is replaced`;
    case "re-point":
      return `re-point ${step.cluster} to ${step.primary} (${step.mode})`;
    case "rejoin":
      return `rejoin ${step.cluster} as ${step.mode} secondary of ${step.primary}`;
    case "filter":
      return `filter ${step.cluster}${step.filter === null ? ": none" : filterText(step.filter)}`;
    case "remove":
      return `take ${step.cluster} out of the set (${step.mode})`;
    case "disable-primary":
      return `end ${step.mode} replication on ${step.cluster}`;
  }
}
