import type { TerraformStack } from "../cdk";
import { MeridianProvider } from "../l1/provider";
import { brokenRule, Synthesized } from "../testing/synthesized";
import { AppRoleAuth } from "./approle-auth";
import { Cluster, type ICluster } from "./cluster";
import { SecretValue } from "./secret-value";
import { UserpassAuth } from "./userpass-auth";

function synthesize(build: (stack: TerraformStack, cluster: ICluster) => void): Synthesized {
  return Synthesized.of((stack) => {
    new MeridianProvider(stack, "meridian");
    build(stack, Cluster.fromClusterName(stack, "existing", { clusterName: "dc-a", deletionProtection: false }));
  });
}

describe("UserpassAuth", () => {
  const withUser = synthesize((stack, cluster) => {
    const password = SecretValue.fromVariable(stack, "password", "p");
    new UserpassAuth(stack, "people", { cluster, path: "team/people" }).addUser("ann", {
      username: "Ann",
      password,
      passwordVersion: 3,
    });
  });

  it("mounts the method with its cluster's protection", () => {
    expect(withUser.resource("meridian_auth_method")).toMatchObject({
      cluster: "dc-a",
      path: "team/people",
      type: "userpass",
      deletion_protection: false,
    });
  });

  it("gives the user a policy of its own and nothing else", () => {
    const { name } = withUser.resource("meridian_policy");
    expect(name).toBe("team-people-ann");
    expect(withUser.resource("meridian_userpass_user")).toMatchObject({
      cluster: "dc-a",
      mount: "team/people",
      username: "Ann",
      password_wo: `${"$"}{var.password}`,
      password_wo_version: 3,
      token_policies: ["team-people-ann"],
      depends_on: [expect.stringMatching(/^meridian_auth_method\./)],
    });
  });

  it("mounts at userpass/ by default", () => {
    const synthesized = synthesize((stack, cluster) => new UserpassAuth(stack, "people", { cluster }));
    expect(synthesized.resource("meridian_auth_method").path).toBe("userpass");
  });

  it("refuses two users whose policies would be the same one", () => {
    const { rule } = brokenRule((stack) => {
      const cluster = Cluster.fromClusterName(stack, "existing", { clusterName: "dc-a" });
      const password = SecretValue.fromVariable(stack, "password", "p");
      new UserpassAuth(stack, "first", { cluster, path: "a-b" }).addUser("user", { username: "c", password });
      new UserpassAuth(stack, "second", { cluster, path: "a" }).addUser("user", { username: "b-c", password });
    });
    expect(rule).toBe("policy/name-taken");
  });
});

describe("AppRoleAuth", () => {
  it("makes a role with a policy of its own", () => {
    const synthesized = synthesize((stack, cluster) => {
      const role = new AppRoleAuth(stack, "programs", { cluster }).addRole("app", {
        roleName: "app",
        secretIdUses: 10,
        tokenTtlSeconds: 600,
      });
      expect(role.grantPolicy.policyName).toBe("approle-app");
    });
    expect(synthesized.resource("meridian_auth_method")).toMatchObject({ path: "approle", type: "approle" });
    expect(synthesized.resource("meridian_approle_role")).toMatchObject({
      cluster: "dc-a",
      mount: "approle",
      name: "app",
      secret_id_num_uses: 10,
      token_ttl_seconds: 600,
      token_policies: ["approle-app"],
    });
  });

  it("leaves out what is not said", () => {
    const synthesized = synthesize((stack, cluster) => {
      new AppRoleAuth(stack, "programs", { cluster }).addRole("app", { roleName: "app" });
    });
    expect(synthesized.resource("meridian_approle_role")).not.toHaveProperty("secret_id_num_uses");
  });
});
