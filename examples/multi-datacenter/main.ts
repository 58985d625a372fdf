import {
  App,
  AppRoleAuth,
  KvEngine,
  MultiDatacenterTopology,
  PathsFilter,
  Platform,
  Seal,
  SecretValue,
  TerraformStack,
  UserpassAuth,
} from "@meridian/constructs";

const app = new App();
const stack = new TerraformStack(app, "multi-datacenter");
const local = Platform.local();

// Three data centers and a standby. Changing `primary` is a failover: the plan lists its steps.
const topology = new MultiDatacenterTopology(stack, "topology", {
  primary: "dc-a",
  datacenters: {
    "dc-a": { platform: local },
    "dc-b": { platform: local, pathsFilter: PathsFilter.deny(["payments-eu/"]) },
    cloud: { platform: local },
  },
  disasterRecovery: { "dc-a": { name: "dc-a-dr", platform: local } },
  seal: Seal.shamir({ shares: 5, threshold: 3 }),
  operatorFile: ".meridian/operator.json",
  deletionProtection: false, // a demonstration is meant to be destroyed; leave this line out for anything else
});

// What is kept in the set is written once, on whichever cluster is the primary, and replicated.
const secrets = new KvEngine(stack, "secrets", { cluster: topology, path: "secret" });
const payments = new KvEngine(stack, "payments", { cluster: topology, path: "payments-eu" });
const users = new UserpassAuth(stack, "users", { cluster: topology });
const programs = new AppRoleAuth(stack, "programs", { cluster: topology });

// Passwords come from TF_VAR_..., never from the program; neither plan nor state keeps them.
const password = SecretValue.fromVariable(stack, "demo_password", "Password of the user demo, and of its database");
const user = users.addUser("demo", { username: "demo", password });
const role = programs.addRole("app", { roleName: "app", tokenTtlSeconds: 3600 });

const database = secrets.addSecret("database", { secretName: "app/database", data: { password } });
payments.addSecret("gateway", { secretName: "gateway", data: { password } });

secrets.grantReadWrite(user);
payments.grantRead(user);
database.grantRead(role);

app.synth();
