import { filteredPath } from "./filtered-path";

test.each([
  ["secret", "secret/"],
  ["secret/", "secret/"],
  ["auth/userpass", "auth/userpass/"],
])("%s is the mount path %s", (given, path) => {
  expect(filteredPath(given)).toBe(path);
});

test.each(["", "/", "//", "/secret", "a//b", "a//", "x".repeat(600)])("%j is none", (given) => {
  expect(() => filteredPath(given)).toThrow("is no mount path");
});

test("a megabyte of slashes costs no more than its length", () => {
  const started = Date.now();
  expect(() => filteredPath(`${"/".repeat(1_000_000)}x`)).toThrow("is no mount path");
  expect(Date.now() - started).toBeLessThan(1_000);
});
