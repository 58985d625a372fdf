import type { Lineage } from "../../server/sdk/log";
import { Histories } from "./histories";

const [FIRST, SECOND, OTHER] = [
  { number: 1, clusterId: "a" },
  { number: 2, clusterId: "b" },
  { number: 2, clusterId: "c" },
];

function lineageOf(...epochs: readonly (typeof FIRST)[]): Lineage {
  return epochs.map((epoch) => ({ epoch, startIndex: 1 }));
}

function found(...steps: readonly (readonly [epoch: typeof FIRST, lineage: Lineage, generation?: string])[]): string[] {
  const texts: string[] = [];
  const histories = new Histories((text) => void texts.push(text));
  for (const [epoch, lineage, generation = "1"] of steps) {
    const entry = { epochs: { performance: epoch, dr: epoch }, origin: { clusterId: "a", index: 7 } };
    histories.applied({ cluster: "d", generation, mode: "dr", entry }, lineage);
  }
  return texts;
}

test("entries of the history that was adopted, older ones of it too, are in order", () => {
  expect(found([FIRST, []], [FIRST, lineageOf(FIRST)], [FIRST, lineageOf(FIRST, SECOND)])).toEqual([]);
});

test("an entry of a promotion that is not known, or of another one, is found out", () => {
  expect(found([SECOND, lineageOf(FIRST)])).toEqual([
    "d applied entry 7 of dr epoch 2 of cluster b, beyond its lineage of 1",
  ]);
  expect(found([SECOND, lineageOf(FIRST, OTHER)])).toEqual([
    "d applied entry 7 of dr epoch 2 of cluster b, its lineage has 2 of cluster c",
  ]);
});

test("who goes back to an earlier history is found out, who joins another branch or is built anew is not", () => {
  const both = lineageOf(FIRST, SECOND);
  expect(found([SECOND, both], [FIRST, lineageOf(FIRST)])).toEqual([
    "d applied entry 7 of dr epoch 1 of cluster a, and had been in epoch 2 before",
  ]);
  expect(found([SECOND, both], [OTHER, lineageOf(FIRST, OTHER)])).toEqual([]);
  expect(found([SECOND, both], [FIRST, lineageOf(FIRST), "2"])).toEqual([]);
});
