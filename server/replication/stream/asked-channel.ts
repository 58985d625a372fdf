import type { Clock } from "../../sdk/clock";
import type { FrameChannel } from "../../sdk/transport";
import { type Moment, momentOf } from "./moment";

/**
 * A channel of questions and answers: who asks on after an answer follows us still, and says so after that answer was sent.
 * The first question proves nothing, since the asker's history may come with it.
 */
export function askedChannel(channel: FrameChannel, clock: Clock, agrees: (saidAfter: Moment) => void): FrameChannel {
  let answeredAt: Moment | undefined;
  return {
    kind: channel.kind,
    send: async (frame) => {
      answeredAt = momentOf(clock);
      await channel.send(frame);
    },
    receive: async () => {
      const frame = await channel.receive();
      if (frame !== undefined && answeredAt !== undefined) agrees(answeredAt);
      return frame;
    },
    end: () => channel.end(),
    destroy: () => channel.destroy(),
  };
}
