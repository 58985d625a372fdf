import { join, resolve } from "node:path";
import { MeridianProvider } from "../l1/provider";
import { Platform } from "../platforms/platform";
import { brokenRule, Synthesized } from "../testing/synthesized";
import { Cluster, type ClusterProps } from "./cluster";
import { PathsFilter } from "./paths-filter";
import { Primary } from "./replication";
import { Seal } from "./seal";

const local = Platform.local({ directory: "/srv/nodes" });

function synthesize(props: Partial<ClusterProps> = {}): Synthesized {
  return Synthesized.of((stack) => {
    new MeridianProvider(stack, "meridian");
    new Cluster(stack, "c", { clusterName: "dc-a", platform: local, ...props });
  });
}

describe("Cluster", () => {
  it("is a node on its platform, and a cluster at the node's addresses", () => {
    const synthesized = synthesize({ seal: Seal.shamir({ shares: 4, threshold: 2 }) });
    expect(synthesized.resource("meridian_node")).toEqual(
      expect.objectContaining({ name: "dc-a", directory: "/srv/nodes/dc-a", seal: "shamir", delete_data: false }),
    );
    const [nodeId] = Object.keys(synthesized.resources("meridian_node"));
    expect(synthesized.resource("meridian_cluster")).toMatchObject({
      name: "dc-a",
      api_address: `${"$"}{meridian_node.${nodeId}.api_address}`,
      cluster_address: `${"$"}{meridian_node.${nodeId}.cluster_address}`,
      ca_cert_pem: `${"$"}{meridian_node.${nodeId}.ca_cert_pem}`,
      secret_shares: 4,
      secret_threshold: 2,
    });
  });

  it("removes data only where nothing is protected", () => {
    expect(synthesize().resource("meridian_node").delete_data).toBe(false);
    const unprotected = synthesize({ deletionProtection: false });
    expect(unprotected.resource("meridian_node").delete_data).toBe(true);
    expect(unprotected.resource("meridian_cluster").deletion_protection).toBe(false);
  });

  it("hands its seal to the node", () => {
    expect(synthesize({ seal: Seal.static() }).resource("meridian_node").seal).toBe("static");
  });

  it.each(["", "DC", "-a", "a-", "a_b", "a.b", "a".repeat(64)])("refuses the name %j", (clusterName) => {
    const { rule, message } = brokenRule((stack) => new Cluster(stack, "c", { clusterName, platform: local }));
    expect(rule).toBe("name/invalid");
    expect(message).toContain(`the cluster name "${clusterName}" is not a name: use 1 to 63 lower-case letters`);
  });

  it("can be one that somebody else made", () => {
    const synthesized = Synthesized.of((stack) => {
      new MeridianProvider(stack, "meridian");
      const cluster = Cluster.fromClusterName(stack, "theirs", { clusterName: "theirs" });
      new Primary(stack, "primary", { cluster });
    });
    expect(synthesized.logicalIds()).toHaveLength(1);
    expect(synthesized.resource("meridian_primary")).toMatchObject({ cluster: "theirs" });
  });
});

describe("Platform.local", () => {
  it("puts nodes below the program's directory, by an absolute path", () => {
    const node = synthesize({ platform: Platform.local() }).resource("meridian_node");
    expect(node.directory).toBe(join(process.cwd(), ".meridian", "nodes", "dc-a"));
    const relative = synthesize({ platform: Platform.local({ directory: "below" }) }).resource("meridian_node");
    expect(relative.directory).toBe(resolve("below", "dc-a"));
  });

  it("passes on the executable and how much is logged, if given", () => {
    const platform = Platform.local({ serverExecutable: "/opt/meridian-server", logLevel: "debug" });
    expect(synthesize({ platform }).resource("meridian_node")).toMatchObject({
      server_executable: "/opt/meridian-server",
      log_level: "debug",
    });
    expect(synthesize().resource("meridian_node")).not.toHaveProperty("log_level");
  });
});

describe("Primary", () => {
  const linked = Synthesized.of((stack) => {
    new MeridianProvider(stack, "meridian");
    const [a, b, c] = ["a", "b", "c"].map((clusterName) =>
      Cluster.fromClusterName(stack, clusterName, { clusterName }),
    );
    if (a === undefined || b === undefined || c === undefined) throw new Error("three were made");
    const primary = new Primary(stack, "primary", { cluster: a, deletionProtection: false });
    primary.replicateTo("b", b, { pathsFilter: PathsFilter.allow(["secret/"]), deletionProtection: false });
    primary.standbyAt("c", c, { deletionProtection: false });
  });

  it("is a primary of both kinds", () => {
    expect(linked.resource("meridian_primary")).toMatchObject({
      cluster: "a",
      performance: true,
      disaster_recovery: true,
      deletion_protection: false,
    });
  });

  it("is followed, with a filter, after it was enabled", () => {
    expect(linked.resource("meridian_performance_secondary")).toMatchObject({
      cluster: "b",
      primary: "a",
      paths_filter: { mode: "allow", paths: ["secret/"] },
      deletion_protection: false,
      depends_on: [expect.stringMatching(/^meridian_primary\./)],
    });
  });

  it("has a standby", () => {
    expect(linked.resource("meridian_dr_secondary")).toMatchObject({
      cluster: "c",
      primary: "a",
      deletion_protection: false,
      depends_on: [expect.stringMatching(/^meridian_primary\./)],
    });
  });
});
