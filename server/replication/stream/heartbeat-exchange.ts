import type { Clock } from "../../sdk/clock";
import { ClockOffset } from "./clock-offset";
import type { Heartbeat } from "./control-codec";

/** What heartbeats tell about the other side. Durations in milliseconds. */
export interface PeerFacts {
  readonly apiAddress: string;
  readonly clusterAddresses: readonly string[];
  /** Our wall clock at the last one; undefined: none came yet. */
  readonly lastHeartbeatMilliseconds: number | undefined;
  /** The same on our monotonic clock. */
  readonly heardAtMilliseconds: number | undefined;
  readonly roundTripMilliseconds: number;
  /** The peer's clock minus ours. */
  readonly clockSkewMilliseconds: number;
  /**
   * On a secondary: the last moment, on our monotonic clock, of which we know that we have everything that the primary had
   * then. Undefined: no heartbeat came yet.
   */
  readonly canaryAtMilliseconds: number | undefined;
  /** On a primary: the same of what the secondary has of us. */
  readonly peerCanaryAtMilliseconds: number | undefined;
}

const NOBODY: PeerFacts = {
  apiAddress: "",
  clusterAddresses: [],
  lastHeartbeatMilliseconds: undefined,
  heardAtMilliseconds: undefined,
  roundTripMilliseconds: 0,
  clockSkewMilliseconds: 0,
  canaryAtMilliseconds: undefined,
  peerCanaryAtMilliseconds: undefined,
};

type Filled = "sentAtMilliseconds" | "echoSentAtMilliseconds" | "echoHeldMilliseconds";

/** A heartbeat of ours that the peer may still echo. */
interface Sent {
  readonly wallMilliseconds: number;
  readonly monotonicMilliseconds: number;
  readonly canaryAgeMilliseconds: number;
}

/** The peer echoes the last that it has got to; older ones than these only when it is that far behind. */
const SENT_MAX = 256;

/**
 * Both sides send heartbeats of their own accord and echo the peer's last one, so both learn the round trip and the
 * difference of the clocks. The primary's come in order behind the entries and say how old the oldest entry is that is still
 * to be sent: the one that was processed last is a canary. Each side reckons the canary's age on its own monotonic clock: the
 * primary by the echo alone, the secondary by what it knows of the primary's clock.
 */
export class HeartbeatExchange {
  private peer: PeerFacts = NOBODY;
  private lastReceived: { readonly sentAtMilliseconds: number; readonly atMilliseconds: number } | undefined;
  private nextMilliseconds: number;
  private sent: readonly Sent[] = [];
  private readonly offset = new ClockOffset();

  constructor(
    private readonly clock: Clock,
    private readonly intervalMilliseconds: number,
  ) {
    this.nextMilliseconds = clock.monotonicMilliseconds();
  }

  dueInMilliseconds(): number {
    return this.nextMilliseconds - this.clock.monotonicMilliseconds();
  }

  /** A primary knows by the secondary's first word how old what it has is; echoes tell of what is later. */
  begin(peerAgeMilliseconds: number): void {
    this.peer = { ...this.peer, peerCanaryAtMilliseconds: this.clock.monotonicMilliseconds() - peerAgeMilliseconds };
  }

  next(facts: Omit<Heartbeat, Filled>): Heartbeat {
    const monotonicMilliseconds = this.clock.monotonicMilliseconds();
    const wallMilliseconds = this.clock.nowMilliseconds();
    this.nextMilliseconds = monotonicMilliseconds + this.intervalMilliseconds;
    const { canaryAgeMilliseconds } = facts;
    this.sent = [...this.sent.slice(1 - SENT_MAX), { wallMilliseconds, monotonicMilliseconds, canaryAgeMilliseconds }];
    const last = this.lastReceived;
    return {
      ...facts,
      sentAtMilliseconds: wallMilliseconds,
      echoSentAtMilliseconds: last?.sentAtMilliseconds ?? 0,
      echoHeldMilliseconds: last === undefined ? 0 : monotonicMilliseconds - last.atMilliseconds,
    };
  }

  received(heartbeat: Heartbeat): void {
    const now = this.clock.monotonicMilliseconds();
    const wall = this.clock.nowMilliseconds();
    this.offset.received(heartbeat.sentAtMilliseconds, now);
    const echoed = this.echoed(heartbeat);
    if (echoed !== undefined) {
      const peerReceived = heartbeat.sentAtMilliseconds - heartbeat.echoHeldMilliseconds;
      this.offset.answered(echoed.monotonicMilliseconds, peerReceived);
    }
    const offset = this.offset.milliseconds ?? 0;
    this.lastReceived = { sentAtMilliseconds: heartbeat.sentAtMilliseconds, atMilliseconds: now };
    this.peer = {
      apiAddress: heartbeat.apiAddress,
      clusterAddresses: heartbeat.clusterAddresses,
      lastHeartbeatMilliseconds: wall,
      heardAtMilliseconds: now,
      roundTripMilliseconds: this.roundTrip(heartbeat, echoed, now),
      clockSkewMilliseconds: Math.round(offset - (wall - now)),
      canaryAtMilliseconds: Math.min(now, heartbeat.sentAtMilliseconds - heartbeat.canaryAgeMilliseconds - offset),
      peerCanaryAtMilliseconds:
        echoed === undefined
          ? this.peer.peerCanaryAtMilliseconds
          : echoed.monotonicMilliseconds - echoed.canaryAgeMilliseconds,
    };
  }

  facts(): PeerFacts {
    return this.peer;
  }

  /** How far behind the primary a secondary is at most. Undefined before the first heartbeat. */
  canaryAgeMilliseconds(): number | undefined {
    return ageOf(this.peer.canaryAtMilliseconds, this.clock);
  }

  private echoed(heartbeat: Heartbeat): Sent | undefined {
    const { echoSentAtMilliseconds } = heartbeat;
    return this.sent.findLast((sent) => sent.wallMilliseconds === echoSentAtMilliseconds);
  }

  private roundTrip(heartbeat: Heartbeat, echoed: Sent | undefined, now: number): number {
    if (echoed === undefined) return this.peer.roundTripMilliseconds;
    return Math.max(0, now - echoed.monotonicMilliseconds - heartbeat.echoHeldMilliseconds);
  }
}

/** How long ago a moment of the monotonic clock was; undefined where there is none. */
export function ageOf(atMilliseconds: number | undefined, clock: Clock): number | undefined {
  return atMilliseconds === undefined ? undefined : Math.max(0, clock.monotonicMilliseconds() - atMilliseconds);
}
