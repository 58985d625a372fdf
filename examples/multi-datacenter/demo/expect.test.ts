import { eventually, expectSame, expectStatus } from "./expect";
import { DemoFailure } from "./failure";
import { at, numberAt, textAt } from "./json";

describe("what acts expect", () => {
  it("fails with the answer for a status that was not expected", () => {
    const answer = { status: 403, body: { errors: ["permission denied"] } };
    expect(expectStatus("a read", answer, 200, 403)).toBe(answer);
    expect(() => expectStatus("a read", answer, 200, 204)).toThrow(
      new DemoFailure('a read: expected 200 or 204, was answered 403 {"errors":["permission denied"]}'),
    );
  });

  it("fails with both values when they differ", () => {
    expectSame("a value", "x", "x");
    expect(() => expectSame("a value", undefined, "x")).toThrow('a value: expected "x", saw undefined');
  });

  it("asks until it holds, and no longer than allowed", async () => {
    let asked = 0;
    await eventually("three", 1000, 1, async () => ++asked === 3);
    expect(asked).toBe(3);
    await expect(eventually("never", 20, 5, async () => false)).rejects.toThrow("never: not within 0.02 s");
  });

  it("finds values in what was answered, and none in what was inherited", () => {
    const body = { data: { mode: "primary", index: 4 }, list: [{ id: "a" }] };
    expect(textAt(body, "data", "mode")).toBe("primary");
    expect(numberAt(body, "data", "index")).toBe(4);
    expect(at(body, "list", "0", "id")).toBe("a");
    expect(at(body, "constructor", "name")).toBeUndefined();
    expect(textAt(undefined, "data")).toBe("");
  });
});
