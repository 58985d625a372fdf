import { CasHistory } from "./cas-history";

function watched(): { history: CasHistory; found: string[] } {
  const found: string[] = [];
  return { history: new CasHistory((text) => void found.push(text)), found };
}

test("writes and reads in one order are linearizable, also where they overlap", () => {
  const { history, found } = watched();
  const first = history.beginWrite("k", "a", 0);
  const rival = history.beginWrite("k", "b", 0);
  const early = history.beginRead("k");
  history.written(first, 1);
  history.mismatched(rival);
  history.read(early, 0, undefined);
  history.read(history.beginRead("k"), 1, "a");
  history.written(history.beginWrite("k", "c", 1), 2);
  expect(found).toEqual([]);
});

test("a write of which nobody heard may have taken effect, or take effect later", () => {
  const { history, found } = watched();
  history.written(history.beginWrite("k", "a", 0), 1);
  history.beginWrite("k", "lost", 1);
  history.read(history.beginRead("k"), 1, "a");
  history.read(history.beginRead("k"), 2, "lost");
  history.written(history.beginWrite("k", "b", 2), 3);
  expect(found).toEqual([]);
});

test.each<[string, (history: CasHistory) => void]>([
  [
    "a lost update",
    (history) => {
      const one = history.beginWrite("k", "a", 0);
      const other = history.beginWrite("k", "b", 0);
      history.written(one, 1);
      history.written(other, 1);
    },
  ],
  [
    "a stale read",
    (history) => {
      history.written(history.beginWrite("k", "a", 0), 1);
      history.read(history.beginRead("k"), 0, undefined);
    },
  ],
  [
    "a read that goes back",
    (history) => {
      history.written(history.beginWrite("k", "a", 0), 1);
      history.beginWrite("k", "b", 1);
      history.read(history.beginRead("k"), 2, "b");
      history.read(history.beginRead("k"), 1, "a");
    },
  ],
  [
    "a value from nowhere",
    (history) => {
      history.written(history.beginWrite("k", "a", 0), 1);
      history.read(history.beginRead("k"), 2, "z");
    },
  ],
  [
    "a condition that was not looked at",
    (history) => {
      history.written(history.beginWrite("k", "a", 0), 1);
      history.written(history.beginWrite("k", "b", 0), 2);
    },
  ],
  [
    "a refusal without a reason",
    (history) => {
      history.written(history.beginWrite("k", "a", 0), 1);
      history.mismatched(history.beginWrite("k", "b", 1));
    },
  ],
])("finds %s", (_name, plant) => {
  const { history, found } = watched();
  plant(history);
  expect(found).not.toEqual([]);
});
