import { ManualClock } from "../../sdk/testing/manual-clock";
import { askedChannel } from "./asked-channel";
import { CHUNKS_AHEAD } from "./snapshot";

const FRAME = Buffer.from("x");

/** A peer that asks at once as far ahead as it may, and once more for each answer that arrives. */
function peer(clock: ManualClock, askedAhead: number) {
  const waiting: Buffer[] = Array.from({ length: 1 + askedAhead }, () => FRAME);
  const arriving: number[] = [];
  const inner = {
    kind: "questions",
    receive: async () => waiting.shift(),
    send: async () => void arriving.push(clock.monotonicMilliseconds()),
    end: () => undefined,
    destroy: () => undefined,
  };
  const saidAfter: number[] = [];
  const channel = askedChannel(
    inner,
    clock,
    ({ monotonicMilliseconds }) => saidAfter.push(monotonicMilliseconds),
    askedAhead,
  );
  const arrives = (): void => {
    if (arriving.shift() !== undefined) waiting.push(FRAME);
  };
  return { channel, saidAfter, arrives };
}

test.each([0, CHUNKS_AHEAD])(
  "a question is taken as said after the answer that it comes upon, %d asked ahead",
  async (ahead) => {
    const clock = new ManualClock();
    const { channel, saidAfter, arrives } = peer(clock, ahead);
    for (let answers = 1; answers <= 5; answers += 1) {
      expect(await channel.receive()).toBe(FRAME);
      await channel.send(FRAME);
      clock.advance(10);
      arrives();
    }
    for (let left = 0; left <= ahead; left += 1) await channel.receive();
    expect(saidAfter).toEqual([0, 10, 20, 30, 40]);
  },
);

test("what lay in the socket while this process stood still says nothing of the time since", async () => {
  const clock = new ManualClock();
  const { channel, saidAfter } = peer(clock, CHUNKS_AHEAD);
  await channel.receive();
  clock.advance(60_000);
  for (let answers = 0; answers < 3; answers += 1) {
    await channel.send(FRAME);
    await channel.receive();
  }
  expect(saidAfter).toEqual([]);
});
