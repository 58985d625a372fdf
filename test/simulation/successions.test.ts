import { LEASE_MILLISECONDS, Successions } from "./successions";

const EPOCHS = { performance: { number: 1, clusterId: "a" }, dr: { number: 1, clusterId: "a" } };

function watched() {
  const clock = { now: 1_000 };
  const found: string[] = [];
  const successions = new Successions(
    () => clock.now,
    (text) => void found.push(text),
  );
  const ack = (isShared = true, sinceMilliseconds = 0, epochs = EPOCHS): boolean =>
    successions.acknowledged({ cluster: "a", sinceMilliseconds, epochs, isShared });
  return { clock, found, successions, ack };
}

test("a replaced primary goes on for its lease and no longer", () => {
  const { clock, found, successions, ack } = watched();
  successions.follows("dr", "a");
  expect(successions.promoted("dr", "a", "d", EPOCHS.dr)).toBe(true);
  clock.now += LEASE_MILLISECONDS;
  expect(ack()).toBe(true);
  expect(found).toEqual([]);
  clock.now += 1_000;
  ack();
  expect(found).toEqual(["a acknowledged a write 31.0 s after d was promoted in its place (dr)"]);
});

test("one that has restarted since does not go on at all", () => {
  const { clock, found, successions, ack } = watched();
  successions.follows("dr", "a");
  successions.promoted("dr", "a", "d", EPOCHS.dr);
  clock.now += 2_000;
  ack(true, 2_500);
  expect(found).toHaveLength(1);
});

test("nobody is held to a promotion who waits for nobody, is in another epoch, or writes what is its own", () => {
  const { clock, found, successions, ack } = watched();
  expect(successions.promoted("dr", "a", "d", EPOCHS.dr)).toBe(false);
  successions.follows("performance", "a");
  successions.promoted("performance", "a", "b", EPOCHS.performance);
  clock.now += 10 * LEASE_MILLISECONDS;
  expect(ack(false)).toBe(false);
  expect(ack(true, 0, { ...EPOCHS, performance: { number: 3, clusterId: "a" } })).toBe(false);
  successions.excuse("performance", "a");
  expect(ack()).toBe(false);
  expect(found).toEqual([]);
});
