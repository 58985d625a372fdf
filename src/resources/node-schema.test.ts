import { resolve } from "node:path";
import { planAttributes } from "../framework/plan/plan-attributes";
import type { Schema } from "../framework/schema";
import { validateConfig } from "../framework/validate-config";
import { objectValue, type Value } from "../protocol/value";
import { clusterSchema } from "./cluster-schema";
import { nodeSchema } from "./node-schema";
import { primarySchema } from "./replication-schemas";

function whole({ attributes }: Schema, given: Readonly<Record<string, Value>>): Value {
  return objectValue(Object.keys(attributes).map((name) => [name, given[name] ?? null] as const));
}

function problems(schema: Schema, given: Readonly<Record<string, Value>>): string {
  return validateConfig(schema.attributes, whole(schema, given), [])
    .map(({ summary, detail }) => `${summary}: ${detail}`)
    .join("\n");
}

test.each(["0.0.0.0", "::", "localhost", "10.0.0.256", ""])("a node cannot listen on %j", (address) => {
  expect(problems(nodeSchema, { name: "dc-a", directory: "/d", address })).toContain("an IP address of this machine");
});

test.each(["127.0.0.1", "10.1.0.10", "::1"])("a node can listen on %s", (address) => {
  expect(problems(nodeSchema, { name: "dc-a", directory: "/d", address })).toBe("");
});

test.each(["not an address", "https://", "https://user:pass@host:8200", "https://host:8200/v1", "ftp://host"])(
  "%j is no address of a cluster",
  (address) => {
    expect(problems(clusterSchema, { name: "dc-a", api_address: address })).toContain("https://10.1.0.10:8200");
    expect(problems(clusterSchema, { name: "dc-a", cluster_address: address })).toContain("https://10.1.0.10:8200");
    expect(problems(primarySchema, { cluster_address: address })).toContain("https://10.1.0.10:8200");
  },
);

test("an address may be a name or IPv6, with a slash at its end", () => {
  for (const address of ["https://dc-a.example.com:8200", "https://[::1]:8200/", "http://127.0.0.1:8200"])
    expect(problems(clusterSchema, { name: "dc-a", api_address: address })).toBe("");
});

function replaced(prior: string, config: string): readonly unknown[] {
  const given = (directory: string) => ({ name: "dc-a", directory, storage: "lmdb", seal: "shamir" });
  const { planned, requiresReplace } = planAttributes(nodeSchema.attributes, {
    config: whole(nodeSchema, given(config)),
    prior: whole(nodeSchema, given(prior)),
    planned: whole(nodeSchema, given(config)),
  });
  return [planned.directory, requiresReplace.length > 0];
}

test("a directory that is written otherwise is the same node, as after an import", () => {
  expect(replaced(resolve("nodes/dc-a"), "nodes/dc-a")).toEqual([resolve("nodes/dc-a"), false]);
  expect(replaced("/srv/dc-a", "/srv/dc-a/")).toEqual(["/srv/dc-a", false]);
  expect(replaced("/srv/dc-a", "/srv/dc-b")).toEqual(["/srv/dc-b", true]);
});
