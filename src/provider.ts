import { configuredCredentials } from "./client/configured-credentials";
import { describeError } from "./client/describe-error";
import { type ConfiguredCluster, MeridianSession } from "./client/session";
import { replicationStatus } from "./data-sources/replication-status";
import { kvSecret as kvSecretValue } from "./ephemerals/kv-secret";
import { loginToken } from "./ephemerals/login";
import { attributePath } from "./framework/attribute-path";
import { errorDiagnostic } from "./framework/diagnostics";
import type { ConfigModel } from "./framework/model";
import { defineSchema } from "./framework/schema";
import { oneOf } from "./framework/validator";
import { OperatorStore } from "./operator/operator-store";
import { isUnknown, type Unknown } from "./protocol/unknown";
import { approleRole } from "./resources/approle-role";
import { mountPath, serverAddress } from "./resources/attributes";
import { authMethod } from "./resources/auth-method";
import { cluster } from "./resources/cluster";
import { drSecondary } from "./resources/dr-secondary";
import { provider as declareProvider } from "./resources/kit";
import { kvSecret } from "./resources/kv-secret";
import { node } from "./resources/node";
import { performanceSecondary } from "./resources/performance-secondary";
import { policy } from "./resources/policy";
import { primary } from "./resources/primary";
import { secretsEngine } from "./resources/secrets-engine";
import { topology } from "./resources/topology";
import { userpassUser } from "./resources/userpass-user";

const OPERATOR_FILE = ".meridian/operator.json";

const schema = defineSchema({
  description:
    "Stands up Meridian clusters, links them by performance and disaster recovery replication, and keeps what is in them. " +
    "One provider block reaches any number of clusters.",
  attributes: {
    clusters: {
      nested: "map",
      optional: true,
      description:
        "Clusters by name. Those that a `meridian_cluster` of this configuration initialises need not be listed: they are " +
        "found in the operator file.",
      attributes: {
        api_address: {
          type: "string",
          required: true,
          description: "`https://host:port` of the API.",
          validators: [serverAddress],
        },
        cluster_address: {
          type: "string",
          optional: true,
          description: "`https://host:port` that other clusters use.",
          validators: [serverAddress],
        },
        ca_cert_pem: {
          type: "string",
          optional: true,
          description: "Authority, in PEM, that signed the API's certificate.",
        },
      },
    },
    operator_file: {
      type: "string",
      optional: true,
      description:
        "File for unseal shares and the administrators' credentials, written with mode 0600. Keep a copy offline. " +
        `Default: \`${OPERATOR_FILE}\` in Terraform's working directory; on a pipeline runner it must be given.`,
    },
    token: {
      type: "string",
      optional: true,
      sensitive: true,
      description:
        "A token to use for every cluster. Absent: `auth_login`, then MERIDIAN_TOKEN or VAULT_TOKEN, then the operator file.",
    },
    auth_login: {
      nested: "single",
      optional: true,
      description: "Log in to every cluster with these.",
      attributes: {
        method: {
          type: "string",
          required: true,
          description: "`userpass` or `approle`.",
          validators: [oneOf("userpass", "approle")],
        },
        mount: {
          type: "string",
          optional: true,
          description: "Path of the auth method; the method's name if absent.",
          validators: [mountPath],
        },
        username: { type: "string", optional: true, description: "For `userpass`." },
        password: { type: "string", optional: true, sensitive: true, description: "For `userpass`." },
        role_id: { type: "string", optional: true, description: "For `approle`." },
        secret_id: { type: "string", optional: true, sensitive: true, description: "For `approle`." },
      },
    },
  },
});

type Config = ConfigModel<typeof schema>;

function known<T>(value: T | Unknown): T | undefined {
  return isUnknown(value) ? undefined : value;
}

/** Undefined: the map is decided later in this run. */
function clustersOf(clusters: Config["clusters"]): ReadonlyMap<string, ConfiguredCluster> | undefined {
  if (isUnknown(clusters)) return undefined;
  const entries = [...(clusters ?? [])].map(([name, cluster]): [string, ConfiguredCluster] => {
    if (isUnknown(cluster)) return [name, { apiAddress: undefined, clusterAddress: undefined, caCertPem: undefined }];
    const { api_address: apiAddress, cluster_address: clusterAddress, ca_cert_pem: caCertPem } = cluster;
    return [
      name,
      { apiAddress: known(apiAddress), clusterAddress: known(clusterAddress), caCertPem: known(caCertPem) },
    ];
  });
  return new Map(entries);
}

function operatorStore(path: string | null): OperatorStore {
  const isRunner = (process.env.CI ?? "") !== "" && process.env.CI !== "false";
  return new OperatorStore({ path: path ?? OPERATOR_FILE, explicit: path !== null, ephemeralMachine: isRunner });
}

/** Everything that the provider manages: one line each. */
export const provider = declareProvider({
  name: "meridian",
  version: "0.1.0",
  schema,

  async configure({ config }) {
    if (isUnknown(config.operator_file)) {
      const detail = "It must be known while planning: the credentials of existing clusters are in it.";
      return {
        diagnostics: [errorDiagnostic("operator_file is not known yet", detail, attributePath("operator_file"))],
      };
    }
    const credentials = configuredCredentials(config, process.env);
    if (!credentials.ok) return { diagnostics: credentials.diagnostics };
    const session = new MeridianSession({
      clusters: clustersOf(config.clusters),
      operator: operatorStore(config.operator_file),
      credentials: credentials.value,
      nowMs: Date.now,
    });
    return { session };
  },

  close: (session) => session.close(),
  describeError,

  resources: [
    node,
    cluster,
    primary,
    performanceSecondary,
    drSecondary,
    topology,
    policy,
    secretsEngine,
    authMethod,
    kvSecret,
    userpassUser,
    approleRole,
  ],
  dataSources: [replicationStatus],
  ephemeralResources: [loginToken, kvSecretValue],
  functions: [],
});
