import type { Clock } from "../../sdk/clock";
import { type FrameChannel, TransportClosed } from "../../sdk/transport";

/** A secondary that has its turn and asks for nothing for so long loses it: others wait. */
export const IDLE_MILLISECONDS_MAX = 60_000;

/**
 * A channel of questions and answers whose first question waits for its turn. Nothing is sent meanwhile: the asker waits for
 * the answer as it would for a slow one, and the connection shows signs of life of its own.
 */
export class PacedChannel implements FrameChannel {
  readonly kind: string;
  private leave: (() => void) | undefined;

  constructor(
    private readonly channel: FrameChannel,
    private readonly clock: Clock,
    private readonly enter: () => Promise<(() => void) | undefined>,
  ) {
    this.kind = channel.kind;
  }

  send(frame: Buffer): Promise<void> {
    return this.channel.send(frame);
  }

  async receive(): Promise<Buffer | undefined> {
    const idle = this.clock.setTimer(IDLE_MILLISECONDS_MAX, () => this.destroy());
    const frame = await this.channel.receive().finally(() => idle.cancel());
    if (frame === undefined || this.leave !== undefined) return frame;
    this.leave = await this.enter();
    if (this.leave === undefined) throw new TransportClosed("the secondary asked again");
    return frame;
  }

  end(): void {
    this.channel.end();
  }

  destroy(): void {
    this.channel.destroy();
  }

  /** Gives the turn on. To be called whatever happened. */
  over(): void {
    this.leave?.();
  }
}
