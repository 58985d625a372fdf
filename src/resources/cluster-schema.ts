import { requiresReplace, useStateForUnknown } from "../framework/plan-modifier";
import { defineSchema, timeoutsAttribute } from "../framework/schema";
import { integerBetween } from "../framework/validator";
import { clusterName, deletionProtectionAttribute, idAttribute, replacedName, serverAddress } from "./attributes";

export const clusterSchema = defineSchema({
  description:
    "A cluster that is initialised, unsealed and has an administrator. The unseal shares and the administrator's " +
    "credentials go to the operator file (mode 0600) and nowhere else; the root token is revoked as soon as the " +
    "administrator can log in. Found sealed, it is unsealed by the next apply. Other resources reach the cluster by its name.",
  attributes: {
    name: {
      ...replacedName,
      description: "Name by which other resources refer to the cluster.",
      validators: [clusterName],
    },
    api_address: {
      type: "string",
      optional: true,
      description: "`https://host:port` of the API. Absent: that of the provider's `clusters` entry of this name.",
      validators: [serverAddress],
    },
    cluster_address: {
      type: "string",
      optional: true,
      description:
        "`https://host:port` that other clusters use to follow this one. Absent: what the server itself announces.",
      validators: [serverAddress],
    },
    ca_cert_pem: {
      type: "string",
      optional: true,
      description:
        "Certificate authority, in PEM, that the API's certificate must come from. Absent: the system's authorities.",
    },
    secret_shares: {
      type: "integer",
      optional: true,
      default: 5,
      description: "Into how many shares the unseal key (with an automatic seal: the recovery key) is split.",
      validators: [integerBetween(1, 255)],
      planModifiers: [requiresReplace],
    },
    secret_threshold: {
      type: "integer",
      optional: true,
      default: 3,
      description: "How many shares are needed.",
      validators: [integerBetween(1, 255)],
      planModifiers: [requiresReplace],
    },
    deletion_protection: deletionProtectionAttribute,
    id: idAttribute,
    cluster_id: { type: "string", computed: true, description: "The server's identifier of the cluster." },
    seal_type: {
      type: "string",
      computed: true,
      description: "Kind of seal: `shamir` or `static`.",
      planModifiers: [useStateForUnknown],
    },
    sealed: {
      type: "bool",
      computed: true,
      nonNull: true,
      description: "Whether the cluster is sealed. Always planned to be false.",
    },
    recipient_fingerprint: {
      type: "string",
      computed: true,
      description: "SHA-256, in hexadecimal, of the public key to which the initialisation's answer was encrypted.",
      planModifiers: [useStateForUnknown],
    },
    timeouts: timeoutsAttribute,
  },
});
