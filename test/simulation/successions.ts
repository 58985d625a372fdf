import type { Epoch, ReplicationMode } from "../../server/sdk/log";

/** For how long a primary may go on after the last word of a secondary, and some for the moment in which both happen. */
export const LEASE_MILLISECONDS = 30_000;
const SLACK_MILLISECONDS = 500;

interface Succession {
  readonly mode: ReplicationMode;
  readonly from: string;
  readonly to: string;
  /** The one in which `from` was the primary. */
  readonly epoch: Epoch;
  readonly atMilliseconds: number;
}

/** A write that a cluster has just acknowledged. */
export interface Acknowledged {
  readonly cluster: string;
  /** When its process began. */
  readonly sinceMilliseconds: number;
  readonly epochs: Readonly<Record<ReplicationMode, Epoch>>;
  /** Of class `replicated`: performance secondaries answer for no other. */
  readonly isShared: boolean;
}

/**
 * A primary whose only secondary was promoted in its place acknowledges nothing once its lease is over, and nothing at all
 * after a restart. It may for as long as it waits for nobody: before a secondary has followed it in its epoch, and once an
 * operator has revoked that or overridden the wait.
 */
export class Successions {
  /** `<mode> <cluster>`: primaries that have to wait for their secondary's word. */
  private readonly waiting = new Set<string>();
  private readonly successions: Succession[] = [];

  constructor(
    private readonly nowMilliseconds: () => number,
    private readonly violate: (text: string) => void,
  ) {}

  /** A secondary streams from it. */
  follows(mode: ReplicationMode, primary: string): void {
    this.waiting.add(`${mode} ${primary}`);
  }

  /** It waits for nobody: an operator is about to see to that, or has. */
  excuse(mode: ReplicationMode, primary: string): void {
    this.waiting.delete(`${mode} ${primary}`);
    const kept = this.successions.filter((one) => one.mode !== mode || one.from !== primary);
    this.successions.splice(0, this.successions.length, ...kept);
  }

  /** The promotion is durable. @returns whether the former primary is held to it */
  promoted(mode: ReplicationMode, from: string, to: string, epoch: Epoch): boolean {
    // A new epoch, in which nobody has followed yet.
    this.excuse(mode, to);
    if (!this.waiting.has(`${mode} ${from}`)) return false;
    this.successions.push({ mode, from, to, epoch, atMilliseconds: this.nowMilliseconds() });
    return true;
  }

  isReplaced(cluster: string): boolean {
    return this.successions.some(({ from }) => from === cluster);
  }

  /** @returns whether it had been replaced, and may go on for a while */
  acknowledged({ cluster, sinceMilliseconds, epochs, isShared }: Acknowledged): boolean {
    const now = this.nowMilliseconds();
    const over = this.successions.filter(
      ({ mode, from, epoch }) => from === cluster && (isShared || mode === "dr") && isSame(epochs[mode], epoch),
    );
    for (const { mode, to, atMilliseconds } of over) {
      const hasRestarted = sinceMilliseconds > atMilliseconds;
      const endMilliseconds = atMilliseconds + SLACK_MILLISECONDS + (hasRestarted ? 0 : LEASE_MILLISECONDS);
      if (now <= endMilliseconds) continue;
      const late = ((now - atMilliseconds) / 1_000).toFixed(1);
      const restarted = hasRestarted ? ", restarted since," : "";
      this.violate(
        `${cluster}${restarted} acknowledged a write ${late} s after ${to} was promoted in its place (${mode})`,
      );
    }
    return over.length > 0;
  }
}

function isSame(left: Epoch, right: Epoch): boolean {
  return left.number === right.number && left.clusterId === right.clusterId;
}
