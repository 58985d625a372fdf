import { PathsFilter } from "./paths-filter";
import { RuleError } from "./rule-error";

const refused = (path: string): unknown => {
  try {
    return PathsFilter.deny([path]);
  } catch (error) {
    return error instanceof RuleError ? error.rule : error;
  }
};

describe("PathsFilter", () => {
  it("lets through what it allows, or what it does not deny", () => {
    expect(PathsFilter.allow(["secret/"]).includes("secret/")).toBe(true);
    expect(PathsFilter.allow(["secret/"]).includes("payments/")).toBe(false);
    expect(PathsFilter.deny(["payments/"]).includes("payments/")).toBe(false);
    expect(PathsFilter.deny(["payments/"]).includes("secret/")).toBe(true);
    expect(PathsFilter.allow([]).includes("sys/")).toBe(true);
  });

  it("means the same in any order and with repetitions", () => {
    expect(PathsFilter.deny(["b/", "a/", "b/"]).paths).toEqual(["a/", "b/"]);
  });

  it.each(["secret", "/secret/", "", "/", "a//b/", "a b/"])("refuses %j, which is no mount path", (path) => {
    expect(refused(path)).toBe("filter/path");
  });

  it.each(["sys/", "identity/", "cubbyhole/", "auth/token/"])("refuses %s, which every cluster needs", (path) => {
    expect(refused(path)).toBe("filter/system");
  });
});
