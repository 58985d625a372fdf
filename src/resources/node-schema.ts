import { isIP } from "node:net";
import { resolve } from "node:path";
import { type PlanModifier, requiresReplace, useStateForUnknown } from "../framework/plan-modifier";
import { defineSchema, timeoutsAttribute } from "../framework/schema";
import { integerBetween, oneOf } from "../framework/validator";
import { clusterName, idAttribute, replacedName } from "./attributes";

/** Another address is a change in place; one that stands for all of them is in no certificate, and nobody can dial it. */
function listenAddress(address: string): string | undefined {
  const isUsable = isIP(address) !== 0 && !/^[0:.]+$/.test(address);
  return isUsable
    ? undefined
    : "must be an IP address of this machine, such as `127.0.0.1`, and not all of them (`0.0.0.0`)";
}

/** The same place written otherwise (relative, or with a slash at its end) is no change; another one is another node. */
const samePlace: PlanModifier = {
  name: "samePlace",
  modify({ planned, prior, creating }) {
    if (creating || typeof prior !== "string" || planned === prior) return {};
    const isSame = typeof planned === "string" && resolve(planned) === resolve(prior);
    return isSame ? { planned: prior } : { requiresReplace: true };
  },
};

export const nodeSchema = defineSchema({
  description:
    "A server process on this machine, with its own directory, ports, TLS certificate and data. It outlives Terraform's " +
    "run. A changed setting restarts it in place and unseals it again from the operator file; a process found stopped is " +
    "started again. Its private key and certificate authority stay in its directory and never reach the state.",
  attributes: {
    name: {
      ...replacedName,
      description:
        "Name of the node; also the cluster name it reports and the name under which the operator file keeps its keys.",
      validators: [clusterName],
    },
    directory: {
      type: "string",
      required: true,
      description:
        "Where the configuration, certificates, log and data lie. Made with mode 0700. Use an absolute path; a relative " +
        "one is taken from Terraform's working directory.",
      planModifiers: [samePlace],
    },
    address: {
      type: "string",
      optional: true,
      default: "127.0.0.1",
      description: "IP address on which it listens, and at which others reach it.",
      validators: [listenAddress],
    },
    api_port: {
      type: "integer",
      optional: true,
      computed: true,
      description: "TCP port of the API. A free one is picked and kept if absent.",
      validators: [integerBetween(1, 65535)],
      planModifiers: [useStateForUnknown],
    },
    cluster_port: {
      type: "integer",
      optional: true,
      computed: true,
      description: "TCP port for other clusters. A free one is picked and kept if absent.",
      validators: [integerBetween(1, 65535)],
      planModifiers: [useStateForUnknown],
    },
    storage: {
      type: "string",
      optional: true,
      default: "lmdb",
      description:
        "`lmdb` keeps data in `data` inside the directory; `inmem` forgets everything when the process ends.",
      validators: [oneOf("lmdb", "inmem")],
      planModifiers: [requiresReplace],
    },
    seal: {
      type: "string",
      optional: true,
      default: "shamir",
      description:
        "`shamir`: unsealed with shares after each start. `static`: unseals itself with a key that is made once and kept, " +
        "mode 0600, in the directory.",
      validators: [oneOf("shamir", "static")],
      planModifiers: [requiresReplace],
    },
    log_level: {
      type: "string",
      optional: true,
      default: "info",
      description: "How much the server logs: `error`, `warn`, `info`, `debug` or `trace`.",
      validators: [oneOf("error", "warn", "info", "debug", "trace")],
    },
    tls_names: {
      type: { set: "string" },
      optional: true,
      description:
        "Further DNS names and IP addresses for the certificate, beside `localhost`, the node's name and its address.",
    },
    settings_json: {
      type: "string",
      optional: true,
      description:
        "Further settings of the server's configuration file as a JSON object, merged over what this resource writes.",
    },
    server_executable: {
      type: "string",
      optional: true,
      description:
        "Path of `meridian-server`. Absent: the environment variable `MERIDIAN_SERVER`, else the one installed beside " +
        "this provider, else the one on the PATH.",
    },
    delete_data: {
      type: "bool",
      optional: true,
      default: false,
      description: "When destroyed or replaced, also remove the directory with all data. By default the data stays.",
    },
    id: idAttribute,
    api_address: {
      type: "string",
      computed: true,
      nonNull: true,
      description: "`https://address:port` of the API.",
    },
    cluster_address: {
      type: "string",
      computed: true,
      nonNull: true,
      description: "`https://address:port` for other clusters.",
    },
    ca_cert_pem: {
      type: "string",
      computed: true,
      nonNull: true,
      description: "Certificate, in PEM, of the authority that signed the node's own.",
      planModifiers: [useStateForUnknown],
    },
    pid: { type: "integer", computed: true, description: "Process id; null while stopped." },
    running: {
      type: "bool",
      computed: true,
      nonNull: true,
      description:
        "Whether the process runs, with these very settings and a certificate whose end is not near. Always planned to be true.",
    },
    timeouts: timeoutsAttribute,
  },
});
