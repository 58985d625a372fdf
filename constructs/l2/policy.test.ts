import type { TerraformStack } from "../cdk";
import { MeridianProvider } from "../l1/provider";
import { brokenRule, Synthesized } from "../testing/synthesized";
import { Cluster, type ICluster } from "./cluster";
import { grantPolicyName, Policy } from "./policy";

function document(build: (policy: Policy) => void): string {
  const synthesized = Synthesized.of((stack) => {
    new MeridianProvider(stack, "meridian");
    build(new Policy(stack, "policy", { cluster: existing(stack, "dc-a"), policyName: "readers" }));
  });
  expect(synthesized.resource("meridian_policy")).toMatchObject({ cluster: "dc-a", name: "readers" });
  return String(synthesized.resource("meridian_policy").policy);
}

function existing(stack: TerraformStack, clusterName: string): ICluster {
  return Cluster.fromClusterName(stack, clusterName, { clusterName });
}

describe("Policy", () => {
  it("is a text that the server takes even if nothing is granted", () => {
    expect(document(() => undefined)).toBe("# Nothing is granted.\n");
  });

  it("sorts paths and capabilities and merges them, whatever the order", () => {
    const text = document((policy) => {
      policy.allow("b/*", ["update", "read"]);
      policy.allow("a", ["list"]);
      policy.allow("b/*", ["create", "read"]);
    });
    expect(text).toBe(
      'path "a" {\n  capabilities = ["list"]\n}\n\npath "b/*" {\n  capabilities = ["create","read","update"]\n}\n',
    );
  });

  it("quotes what would end the text of a path", () => {
    expect(document((policy) => policy.allow('a" { }', ["read"]))).toContain('path "a\\" { }" {');
  });

  it("refuses unknown capabilities", () => {
    const { rule, message } = brokenRule((stack) => {
      new Policy(stack, "p", { cluster: existing(stack, "dc-a"), policyName: "p" }).allow("a", ["write"]);
    });
    expect(rule).toBe("policy/capability");
    expect(message).toContain('"write" is no capability: use one of "create"');
  });

  it("refuses a second one of its name in the same cluster", () => {
    const { rule, message } = brokenRule((stack) => {
      const cluster = existing(stack, "dc-a");
      new Policy(stack, "first", { cluster, policyName: "readers" });
      new Policy(stack, "second", { cluster, policyName: "readers" });
    });
    expect(rule).toBe("policy/name-taken");
    expect(message).toContain('"stack/first" and "stack/second" would both be the policy "readers" of "dc-a"');
  });

  it("allows one of its name in another cluster", () => {
    const synthesized = Synthesized.of((stack) => {
      new MeridianProvider(stack, "meridian");
      for (const name of ["dc-a", "dc-b"])
        new Policy(stack, `at-${name}`, { cluster: existing(stack, name), policyName: "readers" });
    });
    expect(Object.keys(synthesized.resources("meridian_policy"))).toHaveLength(2);
  });

  it("names a grantee's policy as the server takes it", () => {
    expect(grantPolicyName("team/userpass", "Ann")).toBe("team-userpass-ann");
  });
});
