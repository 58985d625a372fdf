import fc from "fast-check";
import { encodeIndexState, type IndexState, parseIndexState } from "./index-state";

const id = fc.uuid();
const number = fc.nat({ max: 2 ** 31 });
const states: fc.Arbitrary<IndexState> = fc.record({
  clusterId: id,
  localEpochNumber: number,
  originId: id,
  localIndex: fc.maxSafeNat(),
  replicated: fc.record({ epoch: fc.record({ number, clusterId: id }), index: fc.maxSafeNat() }),
});

test("a state comes back as it was, in four fields of which the last two are numbers", () => {
  fc.assert(
    fc.property(states, (state) => {
      const text = encodeIndexState(state);
      expect(parseIndexState(text)).toEqual(state);
      expect(text).toMatch(/^v1:[^:]+:\d+:\d+$/);
    }),
  );
});

test("before a cluster was ever part of a set the field is its id alone, and after a promotion it is another", () => {
  const epoch = { number: 0, clusterId: "c" };
  const state = { clusterId: "c", localEpochNumber: 0, originId: "c", localIndex: 5, replicated: { epoch, index: 4 } };
  expect(encodeIndexState(state)).toBe("v1:c:5:4");
  expect(parseIndexState("v1:c:5:4")).toEqual(state);
  const fieldOf = (changed: IndexState) => encodeIndexState(changed).split(":")[1];
  const promoted = { ...state, localEpochNumber: 2 };
  const elsewhere = { ...state, replicated: { epoch: { number: 2, clusterId: "d" }, index: 4 } };
  expect(new Set([state, promoted, elsewhere].map(fieldOf)).size).toBe(3);
});

test.each([
  "",
  "v1",
  "v2:c:1:1",
  "v1::1:1",
  "v1:c:1",
  "v1:c:1:1:1",
  "v1:c:-1:1",
  "v1:c:1e9:1",
  "v1:c: 1:1",
  "v1:c:1:99999999999999999",
  "v1:c.1:1:1",
  "v1:c.1.c.1:1:1",
  "v1:c.1.c.1.c.1:1:1",
  "v1:c.x.c.1.c:1:1",
  "v1:c.1..1.c:1:1",
])("%p is no state", (text) => expect(parseIndexState(text)).toBeUndefined());
