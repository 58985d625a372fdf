import { RuleError } from "./rule-error";
import { Seal } from "./seal";

const refused = (shares: number, threshold?: number): unknown => {
  try {
    return Seal.shamir(threshold === undefined ? { shares } : { shares, threshold });
  } catch (error) {
    return error instanceof RuleError ? error.rule : error;
  }
};

describe("Seal", () => {
  it("splits into 5 shares of which 3 open it, or fewer of fewer", () => {
    expect(Seal.shamir()).toMatchObject({ kind: "shamir", shares: 5, threshold: 3 });
    expect(Seal.shamir({ shares: 2 })).toMatchObject({ shares: 2, threshold: 2 });
    expect(Seal.shamir({ shares: 1 })).toMatchObject({ shares: 1, threshold: 1 });
    expect(Seal.static({ shares: 3, threshold: 2 })).toMatchObject({ kind: "static", shares: 3, threshold: 2 });
  });

  it.each([
    [3, 4],
    [0, 0],
    [5, 0],
    [-1, -1],
    [256, 3],
    [2.5, 2],
    [3, 1.5],
    [Number.NaN, 1],
  ])("refuses %d shares with a threshold of %d", (shares, threshold) => {
    expect(refused(shares, threshold)).toBe("seal/threshold");
  });

  it("refuses shares each of which is the whole key", () => {
    expect(refused(5, 1)).toBe("seal/threshold");
    expect(() => Seal.shamir({ shares: 5, threshold: 1 })).toThrow("makes each of 5 shares the whole key");
  });

  it("names both values and the fix", () => {
    expect(() => Seal.static({ shares: 3, threshold: 4 })).toThrow(
      "a threshold of 4 cannot be reached with 3 shares: use whole numbers with 1 <= threshold <= shares <= 255 [seal/threshold]",
    );
  });
});
