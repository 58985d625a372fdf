import type { Clock } from "../../sdk/clock";
import type { FrameChannel } from "../../sdk/transport";
import { type Moment, momentOf } from "./moment";

/**
 * A channel of questions and answers: who asks on after an answer follows us still, and says so after that answer was sent.
 * The first question proves nothing, since the asker's history may come with it.
 * @param askedAhead how many questions the asker has under way beside the one that is answered: each further one comes upon
 *   the answer that lies so many back. Those that waited here while this process stood still say nothing of the time since.
 */
export function askedChannel(
  channel: FrameChannel,
  clock: Clock,
  agrees: (saidAfter: Moment) => void,
  askedAhead: number,
): FrameChannel {
  /** Of the answers that no question has come upon yet, oldest first. */
  const answeredAt: Moment[] = [];
  let questions = 0;
  return {
    kind: channel.kind,
    send: async (frame) => {
      answeredAt.push(momentOf(clock));
      await channel.send(frame);
    },
    receive: async () => {
      const frame = await channel.receive();
      if (frame === undefined) return undefined;
      questions += 1;
      const saidAfter = questions > 1 + askedAhead ? answeredAt.shift() : undefined;
      if (saidAfter !== undefined) agrees(saidAfter);
      return frame;
    },
    end: () => channel.end(),
    destroy: () => channel.destroy(),
  };
}
