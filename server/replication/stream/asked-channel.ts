import type { Clock } from "../../sdk/clock";
import type { FrameChannel } from "../../sdk/transport";

/**
 * A channel of questions and answers: who asks on after an answer follows us still, and says so after that answer was sent.
 * The first question proves nothing, since the asker's history may come with it.
 */
export function askedChannel(
  channel: FrameChannel,
  clock: Clock,
  agrees: (saidAfterMilliseconds: number) => void,
): FrameChannel {
  let answeredAtMilliseconds: number | undefined;
  return {
    kind: channel.kind,
    send: async (frame) => {
      answeredAtMilliseconds = clock.monotonicMilliseconds();
      await channel.send(frame);
    },
    receive: async () => {
      const frame = await channel.receive();
      if (frame !== undefined && answeredAtMilliseconds !== undefined) agrees(answeredAtMilliseconds);
      return frame;
    },
    end: () => channel.end(),
    destroy: () => channel.destroy(),
  };
}
