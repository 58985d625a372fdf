import { ManualClock } from "../sdk/testing/manual-clock";
import { keepAlive, PING_MILLISECONDS, SILENCE_MILLISECONDS_MAX } from "./keep-alive";

function watched(): { clock: ManualClock; session: TestSession; isGone: () => boolean; end: () => void } {
  const clock = new ManualClock();
  const session = new TestSession();
  let gone = false;
  const end = keepAlive(session, () => (gone = true), clock);
  return { clock, session, isGone: () => gone, end };
}

class TestSession {
  destroyed = false;
  pings = 0;
  readonly socket = { bytesRead: 0 };
  answers = true;

  ping(): boolean {
    this.pings += 1;
    if (this.answers) this.socket.bytesRead += 17;
    return true;
  }
}

async function pass(clock: ManualClock, milliseconds: number): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += PING_MILLISECONDS) await clock.advance(PING_MILLISECONDS);
}

test("a peer that answers is kept for ever", async () => {
  const { clock, session, isGone } = watched();
  await pass(clock, 10 * SILENCE_MILLISECONDS_MAX);
  expect(isGone()).toBe(false);
  expect(session.pings).toBe((10 * SILENCE_MILLISECONDS_MAX) / PING_MILLISECONDS);
});

test("a peer of which nothing comes any more is given up", async () => {
  const { clock, session, isGone } = watched();
  await pass(clock, PING_MILLISECONDS);
  session.answers = false;
  await pass(clock, SILENCE_MILLISECONDS_MAX);
  expect(isGone()).toBe(false);
  await pass(clock, PING_MILLISECONDS);
  expect(isGone()).toBe(true);
  const { pings } = session;
  await pass(clock, SILENCE_MILLISECONDS_MAX);
  expect(session.pings).toBe(pings);
});

test("bytes of any kind are a sign of life: a long frame on a slow way may hold the answer up", async () => {
  const { clock, session, isGone } = watched();
  session.answers = false;
  for (let round = 0; round < 20; round += 1) {
    session.socket.bytesRead += 1_000;
    await pass(clock, PING_MILLISECONDS);
  }
  expect(isGone()).toBe(false);
});

test("it ends with the session", async () => {
  const { clock, session, isGone, end } = watched();
  session.answers = false;
  end();
  await pass(clock, 2 * SILENCE_MILLISECONDS_MAX);
  expect([isGone(), session.pings]).toEqual([false, 0]);
});
