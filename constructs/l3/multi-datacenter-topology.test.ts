import { resolve } from "node:path";
import type { TerraformStack } from "../cdk";
import { MeridianProvider } from "../l1/provider";
import { KvEngine } from "../l2/kv-engine";
import { PathsFilter } from "../l2/paths-filter";
import { SecretValue } from "../l2/secret-value";
import { UserpassAuth } from "../l2/userpass-auth";
import { Platform } from "../platforms/platform";
import { brokenRule, Synthesized } from "../testing/synthesized";
import { MultiDatacenterTopology, type MultiDatacenterTopologyProps } from "./multi-datacenter-topology";

const local = Platform.local({ directory: "/srv/nodes" });

const PROPS: MultiDatacenterTopologyProps = {
  primary: "dc-a",
  datacenters: {
    "dc-a": { platform: local },
    "dc-b": { platform: local, pathsFilter: PathsFilter.deny(["payments-eu/"]) },
    cloud: { platform: local },
  },
  disasterRecovery: { "dc-a": { name: "dc-a-dr", platform: local } },
  operatorFile: "/srv/operator.json",
};

/** A whole program: the topology, two engines, a user with grants. */
function program(props: Partial<MultiDatacenterTopologyProps> = {}): (stack: TerraformStack) => void {
  return (stack) => {
    const topology = new MultiDatacenterTopology(stack, "secrets", { ...PROPS, ...props });
    const password = SecretValue.fromVariable(stack, "password", "p");
    const user = new UserpassAuth(stack, "people", { cluster: topology }).addUser("ann", { username: "ann", password });
    const engine = new KvEngine(stack, "kv", { cluster: topology });
    new KvEngine(stack, "payments", { cluster: topology, path: "payments-eu" }).grantRead(user);
    engine.addSecret("db", { secretName: "db", data: { password } });
    engine.grantReadWrite(user);
  };
}

/** Paths of all values in which two documents differ. */
function differences(left: unknown, right: unknown, path = ""): string[] {
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null)
    return Object.is(left, right) ? [] : [path];
  const [before, after] = [new Map(Object.entries(left)), new Map(Object.entries(right))];
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((key) =>
    differences(before.get(key), after.get(key), `${path}/${key}`),
  );
}

describe("MultiDatacenterTopology", () => {
  const synthesized = Synthesized.of(program());

  it("is one resource with every relation in it, after all clusters", () => {
    const topology = synthesized.resource("meridian_topology");
    expect(topology).toMatchObject({
      name: "secrets",
      primary: "dc-a",
      clusters: { "dc-a": {}, "dc-b": { paths_filter: { mode: "deny", paths: ["payments-eu/"] } }, cloud: {} },
      disaster_recovery: { "dc-a": "dc-a-dr" },
    });
    expect(topology.depends_on).toHaveLength(4);
    const names = Object.values(synthesized.resources("meridian_cluster")).map(({ name }) => name);
    expect(names.sort()).toEqual(["cloud", "dc-a", "dc-a-dr", "dc-b"]);
  });

  it("stands for its primary: what is kept in it names the topology and comes after it", () => {
    const [topologyId] = Object.keys(synthesized.resources("meridian_topology"));
    for (const type of ["meridian_secrets_engine", "meridian_auth_method", "meridian_policy"]) {
      for (const block of Object.values(synthesized.resources(type))) {
        expect(block).toMatchObject({ cluster: "secrets", depends_on: [`meridian_topology.${topologyId}`] });
      }
    }
  });

  it("fails over by exactly one changed attribute", () => {
    const failedOver = Synthesized.of(program({ primary: "dc-a-dr" }));
    const [topologyId] = Object.keys(synthesized.resources("meridian_topology"));
    expect(differences(synthesized.document, failedOver.document)).toEqual([
      `/resource/meridian_topology/${topologyId}/primary`,
    ]);
  });

  it("keeps its logical ids when a data center comes and goes, and whatever the order of writing", () => {
    const { cloud, ...two } = PROPS.datacenters;
    const smaller = Synthesized.of(program({ datacenters: two })).logicalIds();
    expect(synthesized.logicalIds()).toEqual(expect.arrayContaining(smaller));
    expect(synthesized.logicalIds()).toHaveLength(smaller.length + 2);
    const reversed = Object.fromEntries(Object.entries({ ...two, ...(cloud && { cloud }) }).reverse());
    expect(Synthesized.of(program({ datacenters: reversed })).logicalIds()).toEqual(synthesized.logicalIds());
  });

  it("has logical ids that never change, since a changed one would be a new cluster", () => {
    expect(synthesized.logicalIds().filter((id) => /^meridian_(topology|cluster|node)\./.test(id))).toEqual([
      "meridian_cluster.secrets_cloud_D60A0F99",
      "meridian_cluster.secrets_dc-a-dr_61CB7B38",
      "meridian_cluster.secrets_dc-a_C25F5EAB",
      "meridian_cluster.secrets_dc-b_0F1B1366",
      "meridian_node.secrets_cloud_Node_F2EBC94F",
      "meridian_node.secrets_dc-a-dr_Node_3441E5A8",
      "meridian_node.secrets_dc-a_Node_2C40C833",
      "meridian_node.secrets_dc-b_Node_9E0169F7",
      "meridian_topology.secrets_E5A2BDAA",
    ]);
  });

  it("puts no secret, and no value at all, into the variable", () => {
    expect(Object.keys(synthesized.document.variable ?? {})).toEqual(["password"]);
    expect(synthesized.document.variable?.password).not.toHaveProperty("default");
  });

  it("protects everything unless told otherwise", () => {
    const unprotected = Synthesized.of(program({ deletionProtection: false }));
    const protections = (from: Synthesized) =>
      Object.values(from.document.resource ?? {}).flatMap((blocks) =>
        Object.values(blocks as Record<string, { deletion_protection?: boolean }>).flatMap(
          (block) => block.deletion_protection ?? [],
        ),
      );
    expect(protections(unprotected).every((value) => value === false)).toBe(true);
    expect(protections(unprotected)).toHaveLength(8);
    expect(protections(synthesized).every((value) => value === true)).toBe(true);
  });

  it("tells addresses, authorities and the health check", () => {
    const output = synthesized.document.output as Record<string, { value: unknown }>;
    expect(Object.keys(output.secrets_api_addresses?.value as object).sort()).toEqual([
      "cloud",
      "dc-a",
      "dc-a-dr",
      "dc-b",
    ]);
    expect(output.secrets_health_check_path?.value).toBe("/v1/sys/health?standbyok=true&perfstandbyok=true");
    expect(Object.keys(output).sort()).toEqual([
      "secrets_api_addresses",
      "secrets_ca_certificates",
      "secrets_cluster_addresses",
      "secrets_health_check_path",
    ]);
  });

  it("finds its clusters by name", () => {
    Synthesized.of((stack) => {
      const topology = new MultiDatacenterTopology(stack, "secrets", PROPS);
      expect(topology.cluster("dc-a-dr").clusterName).toBe("dc-a-dr");
    });
    const { rule, message } = brokenRule((stack) => {
      new MultiDatacenterTopology(stack, "secrets", PROPS).cluster("dc-z");
    });
    expect(rule).toBe("topology/no-such-cluster");
    expect(message).toContain('there is no cluster "dc-z": use one of dc-a, dc-b, cloud, dc-a-dr');
  });

  it("does not synthesise when it breaks a rule", () => {
    expect(brokenRule(program({ primary: "dc-z" })).rule).toBe("topology/primary-unknown");
  });

  it("passes on what may be lost", () => {
    const accepting = Synthesized.of(program({ allowDataLoss: ["dc-a"] }));
    expect(accepting.resource("meridian_topology").allow_data_loss).toEqual(["dc-a"]);
  });
});

describe("the provider of a stack with a topology", () => {
  const providers = (build: (stack: TerraformStack) => void) =>
    Synthesized.of(build).document.provider?.meridian as Record<string, unknown>[];

  it("is made with the operator file at an absolute path", () => {
    expect(providers(program())).toEqual([{ operator_file: "/srv/operator.json" }]);
    expect(providers(program({ operatorFile: "below/operator.json" }))).toEqual([
      { operator_file: resolve("below/operator.json") },
    ]);
  });

  it.each(["before", "after"])("is the one that the program makes %s the topology", (when) => {
    const { operatorFile: _, ...rest } = PROPS;
    const made = providers((stack) => {
      if (when === "before") new MeridianProvider(stack, "mine", { operatorFile: "/mine.json" });
      new MultiDatacenterTopology(stack, "secrets", rest);
      if (when === "after") new MeridianProvider(stack, "mine", { operatorFile: "/mine.json" });
    });
    expect(made).toEqual([{ operator_file: "/mine.json" }]);
  });

  it("is one for two topologies", () => {
    const synthesized = Synthesized.of((stack) => {
      for (const name of ["first", "second"]) {
        const datacenters = { [`${name}-a`]: { platform: local } };
        const operatorFile = "/srv/operator.json";
        new MultiDatacenterTopology(stack, name, { primary: `${name}-a`, datacenters, operatorFile });
      }
    });
    expect(synthesized.document.provider?.meridian).toHaveLength(1);
    expect(Object.keys(synthesized.document.output ?? {})).toHaveLength(8);
  });

  it("must not be asked for two operator files", () => {
    const { rule, message } = brokenRule((stack) => {
      new MeridianProvider(stack, "mine", { operatorFile: "/mine.json" });
      new MultiDatacenterTopology(stack, "secrets", PROPS);
    });
    expect(rule).toBe("provider/operator-file");
    expect(message).toContain('"/srv/operator.json", but the stack\'s provider has "/mine.json"');
  });

  describe("without a file named", () => {
    const { operatorFile: _, ...rest } = PROPS;
    const build = (stack: TerraformStack) => new MultiDatacenterTopology(stack, "secrets", rest);
    const before = process.env.CI;
    afterEach(() => {
      if (before === undefined) delete process.env.CI;
      else process.env.CI = before;
    });

    it("keeps it beside the program", () => {
      delete process.env.CI;
      expect(providers(build)).toEqual([{ operator_file: resolve(".meridian/operator.json") }]);
    });

    it("lets the provider ask for one on a pipeline runner", () => {
      process.env.CI = "true";
      expect(providers(build)).toEqual([{}]);
    });
  });
});

describe("a filter", () => {
  function warnings(pathsFilter: PathsFilter, withMounts: boolean): string[] {
    const found: string[] = [];
    Synthesized.of((stack) => {
      const datacenters = { ...PROPS.datacenters, "dc-b": { platform: local, pathsFilter } };
      const topology = new MultiDatacenterTopology(stack, "secrets", { ...PROPS, datacenters });
      if (withMounts) {
        new KvEngine(stack, "payments", { cluster: topology, path: "payments-eu" });
        new UserpassAuth(stack, "people", { cluster: topology });
      }
      topology.node.addValidation({
        validate: () => {
          found.push(...topology.node.metadata.map(({ data }) => String(data)));
          return [];
        },
      });
    });
    return found;
  }

  it("is warned of when it names no mount of the program", () => {
    const [warning, ...others] = warnings(PathsFilter.deny(["payment-eu/", "payments-eu/", "auth/userpass/"]), true);
    expect(warning).toContain('the filter of "dc-b" names "payment-eu/", which is no mount of this program');
    expect(warning).toContain("[filter/unknown-mount]");
    expect(others).toEqual([]);
  });

  it("is not doubted when the program makes no mounts", () => {
    expect(warnings(PathsFilter.deny(["elsewhere/"]), false)).toEqual([]);
  });
});
