import type { Clock } from "../../sdk/clock";
import type { Heartbeat } from "./control-codec";

/** What heartbeats tell about the other side. Durations in milliseconds. */
export interface PeerFacts {
  readonly apiAddress: string;
  readonly clusterAddresses: readonly string[];
  /** Our wall clock at the last one; undefined: none came yet. */
  readonly lastHeartbeatMilliseconds: number | undefined;
  readonly roundTripMilliseconds: number;
  /** The peer's clock minus ours. */
  readonly clockSkewMilliseconds: number;
  /** From a secondary: how old its newest canary was. From a primary: see `canaryAgeMilliseconds`. */
  readonly reportedCanaryAgeMilliseconds: number;
}

const NOBODY: PeerFacts = {
  apiAddress: "",
  clusterAddresses: [],
  lastHeartbeatMilliseconds: undefined,
  roundTripMilliseconds: 0,
  clockSkewMilliseconds: 0,
  reportedCanaryAgeMilliseconds: 0,
};

type Filled = "sentAtMilliseconds" | "echoSentAtMilliseconds" | "echoHeldMilliseconds";

/**
 * Both sides send heartbeats of their own accord and echo the peer's last one, so both learn the round trip and the
 * difference of the clocks. The primary's come in order behind the entries: the one that was processed last is a canary.
 */
export class HeartbeatExchange {
  private peer: PeerFacts = NOBODY;
  private lastReceived: { readonly heartbeat: Heartbeat; readonly atMilliseconds: number } | undefined;
  private nextMilliseconds: number;

  constructor(
    private readonly clock: Clock,
    private readonly intervalMilliseconds: number,
  ) {
    this.nextMilliseconds = clock.monotonicMilliseconds();
  }

  dueInMilliseconds(): number {
    return this.nextMilliseconds - this.clock.monotonicMilliseconds();
  }

  next(facts: Omit<Heartbeat, Filled>): Heartbeat {
    this.nextMilliseconds = this.clock.monotonicMilliseconds() + this.intervalMilliseconds;
    const now = this.clock.nowMilliseconds();
    return {
      ...facts,
      sentAtMilliseconds: now,
      echoSentAtMilliseconds: this.lastReceived?.heartbeat.sentAtMilliseconds ?? 0,
      echoHeldMilliseconds: this.lastReceived === undefined ? 0 : now - this.lastReceived.atMilliseconds,
    };
  }

  received(heartbeat: Heartbeat): void {
    const now = this.clock.nowMilliseconds();
    const roundTrip =
      heartbeat.echoSentAtMilliseconds === 0
        ? this.peer.roundTripMilliseconds
        : Math.max(0, now - heartbeat.echoSentAtMilliseconds - heartbeat.echoHeldMilliseconds);
    this.lastReceived = { heartbeat, atMilliseconds: now };
    this.peer = {
      apiAddress: heartbeat.apiAddress,
      clusterAddresses: heartbeat.clusterAddresses,
      lastHeartbeatMilliseconds: now,
      roundTripMilliseconds: roundTrip,
      clockSkewMilliseconds: Math.round(heartbeat.sentAtMilliseconds - (now - roundTrip / 2)),
      reportedCanaryAgeMilliseconds: heartbeat.canaryAgeMilliseconds,
    };
  }

  facts(): PeerFacts {
    return this.peer;
  }

  /** Age, by the peer's clock, of the last heartbeat that came: how far behind the peer we are at most. 0 before the first. */
  canaryAgeMilliseconds(): number {
    if (this.lastReceived === undefined) return 0;
    const peerNow = this.clock.nowMilliseconds() + this.peer.clockSkewMilliseconds;
    return Math.max(0, Math.round(peerNow - this.lastReceived.heartbeat.sentAtMilliseconds));
  }
}
