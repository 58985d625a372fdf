import type { TerraformStack } from "../cdk";
import { MeridianProvider } from "../l1/provider";
import { brokenRule, Synthesized } from "../testing/synthesized";
import { Cluster, type ICluster } from "./cluster";
import { KvEngine } from "./kv-engine";
import { SecretValue } from "./secret-value";
import { UserpassAuth } from "./userpass-auth";

const existing = (stack: TerraformStack): ICluster =>
  Cluster.fromClusterName(stack, "existing", { clusterName: "dc-a" });

function userOf(stack: TerraformStack, cluster: ICluster) {
  return new UserpassAuth(stack, "people", { cluster }).addUser("ann", {
    username: "ann",
    password: SecretValue.fromVariable(stack, "password", "Ann's password"),
  });
}

/** The text of the policy of the only user. */
function grants(build: (engine: KvEngine, user: ReturnType<typeof userOf>) => void, path?: string): string {
  const synthesized = Synthesized.of((stack) => {
    new MeridianProvider(stack, "meridian");
    const cluster = existing(stack);
    build(new KvEngine(stack, "kv", { cluster, ...(path === undefined ? {} : { path }) }), userOf(stack, cluster));
  });
  return String(synthesized.resource("meridian_policy").policy);
}

describe("KvEngine", () => {
  it("mounts version 2 at secret/ unless told otherwise", () => {
    const build = (path?: string) =>
      Synthesized.of((stack) => {
        new MeridianProvider(stack, "meridian");
        new KvEngine(stack, "kv", { cluster: existing(stack), ...(path === undefined ? {} : { path }) });
      }).resource("meridian_secrets_engine");
    expect(build()).toMatchObject({ cluster: "dc-a", path: "secret", type: "kv", options: { version: "2" } });
    expect(build("team/kv")).toMatchObject({ path: "team/kv" });
  });

  it("takes its cluster's protection unless it has its own", () => {
    const protection = (ofCluster?: boolean, own?: boolean) =>
      Synthesized.of((stack) => {
        new MeridianProvider(stack, "meridian");
        const attributes = {
          clusterName: "dc-a",
          ...(ofCluster === undefined ? {} : { deletionProtection: ofCluster }),
        };
        const cluster = Cluster.fromClusterName(stack, "existing", attributes);
        new KvEngine(stack, "kv", { cluster, ...(own === undefined ? {} : { deletionProtection: own }) });
      }).resource("meridian_secrets_engine").deletion_protection;
    expect(protection()).toBe(true);
    expect(protection(false)).toBe(false);
    expect(protection(false, true)).toBe(true);
    expect(protection(true, false)).toBe(false);
  });

  it("deletes a secret's versions for good only where nothing is protected", () => {
    const everything = (ofCluster: boolean, own?: boolean) =>
      Synthesized.of((stack) => {
        new MeridianProvider(stack, "meridian");
        const attributes = { clusterName: "dc-a", deletionProtection: ofCluster };
        const cluster = Cluster.fromClusterName(stack, "existing", attributes);
        const engine = new KvEngine(stack, "kv", {
          cluster,
          ...(own === undefined ? {} : { deletionProtection: own }),
        });
        engine.addSecret("db", { secretName: "db", data: { p: SecretValue.fromVariable(stack, "p", "a password") } });
      }).resource("meridian_kv_secret").delete_all_versions;
    expect(everything(true)).toBe(false);
    expect(everything(false)).toBe(true);
    expect(everything(false, true)).toBe(false);
  });

  it("writes a secret after its engine, from references only, and rewrites it when the version changes", () => {
    const synthesized = Synthesized.of((stack) => {
      new MeridianProvider(stack, "meridian");
      const password = SecretValue.fromVariable(stack, "password", "a password");
      const engine = new KvEngine(stack, "kv", { cluster: existing(stack) });
      engine.addSecret("first", { secretName: "app/db", data: { password }, dataVersion: 7 });
    });
    expect(synthesized.resource("meridian_kv_secret")).toMatchObject({
      cluster: "dc-a",
      mount: "secret",
      name: "app/db",
      data_wo: { password: `${"$"}{var.password}` },
      data_wo_version: 7,
      depends_on: [expect.stringMatching(/^meridian_secrets_engine\.kv_/)],
    });
  });

  it("grants reading of everything, and nothing more", () => {
    expect(grants((engine, user) => engine.grantRead(user))).toBe(
      'path "secret/data/*" {\n  capabilities = ["read"]\n}\n\npath "secret/metadata/*" {\n  capabilities = ["list","read"]\n}\n',
    );
  });

  it("grants a secret and what is below it, never its namesakes", () => {
    const policy = grants((engine, user) => engine.grantRead(user, "team"), "kv");
    expect(policy).toContain('path "kv/data/team" {');
    expect(policy).toContain('path "kv/data/team/*" {');
    expect(policy).not.toContain('"kv/data/team*"');
    expect(grants((engine, user) => engine.grantRead(user, "team/"), "kv")).not.toContain('path "kv/data/team" {');
  });

  it("grants one secret by its handle", () => {
    const policy = grants((engine, user) => {
      engine.addSecret("s", { secretName: "app", data: {} }).grantRead(user);
    });
    expect(policy).toContain('path "secret/data/app" {\n  capabilities = ["read"]\n}');
    expect(policy).not.toContain("secret/data/*");
  });

  it("merges grants on one path, in any order of writing", () => {
    const both = grants((engine, user) => {
      engine.grantRead(user);
      engine.grantReadWrite(user);
    });
    const reversed = grants((engine, user) => {
      engine.grantReadWrite(user);
      engine.grantRead(user);
    });
    expect(both).toBe(reversed);
    expect(both).toContain('capabilities = ["create","delete","patch","read","update"]');
    expect(both.match(/path "secret\/data\/\*"/g)).toHaveLength(1);
  });

  it("refuses names that a policy would read as wildcards", () => {
    for (const name of ["team*", "+/db", "a+b"]) {
      const { rule, message } = brokenRule((stack) => {
        const cluster = existing(stack);
        new KvEngine(stack, "kv", { cluster }).grantRead(userOf(stack, cluster), name);
      });
      expect(rule).toBe("grant/wildcard");
      expect(message).toContain(`"${name}"`);
    }
  });
});
