import { redact } from "./redact";

test.each([
  ["a service token", "hvs.CAESIJlWh6rKVaa8wKfkMnOhdyCRlcLUfRlk5Vz"],
  ["a batch token", "hvb.AAAAAQJxYvk3PmkZ0aaa9"],
  ["an old token", "s.abcdefghijklmnopqrstuvwx"],
  ["a wrapped token", "eyJhbGciOiJFUzUxMiJ9.eyJhY2Nlc3NvciI6IiJ9.AAABBBCCC"],
  ["an unseal share", "Wl4xSyJ9mVj0zC6b8mQ2cX5uT1k3rF7pA9dH4gE6sN+B"],
  ["a private key", "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\n-----END PRIVATE KEY-----"],
])("hides %s", (_what, secret) => {
  expect(redact(`bad value "${secret}" given`)).toBe('bad value "[redacted]" given');
});

test("hides given secrets wherever they stand, the longer first, and keeps the rest", () => {
  expect(redact("pass word1 and word1-longer", ["word1", "word1-longer"])).toBe("pass [redacted] and [redacted]");
  expect(redact("at index 7 of a list", ["7"])).toBe("at index 7 of a list");
});

test.each([
  "cannot open /home/somebody/deep/down/in/the/tree/of/directories/.meridian/operator.json",
  'unknown mount "payments-eu/" in cluster "dc-a"',
])("keeps %s", (text) => {
  expect(redact(text)).toBe(text);
});
