import { createPrivateKey, X509Certificate } from "node:crypto";
import { ServerError } from "../../sdk/errors";
import { stringifyJson } from "../../sdk/json";
import { JsonReader } from "../../sdk/json-reader";
import type { ReplicationMode } from "../../sdk/log";
import { ActivationRefused } from "./activation-refusals";
import type { PrimaryLink } from "./records";

/** What lies behind an activation token. */
export interface ActivationBundle {
  readonly mode: ReplicationMode;
  readonly setId: string;
  readonly link: PrimaryLink;
}

const BUNDLE_BYTES_MAX = 256 * 1024;

/** The whole answer that unwrapping the token gives, as it is kept behind it. */
export function bundleEnvelope(bundle: ActivationBundle, requestId: string): Buffer {
  const { credentials, primaryClusterAddress, secondaryId } = bundle.link;
  const data = {
    ca_cert: new X509Certificate(credentials.authorityCertificate).raw.toString("base64"),
    client_cert: new X509Certificate(credentials.certificate).raw.toString("base64"),
    client_key: createPrivateKey(credentials.privateKey).export({ type: "pkcs8", format: "der" }).toString("base64"),
    cluster_id: bundle.setId,
    id: secondaryId,
    mode: bundle.mode,
    primary_cluster_addr: primaryClusterAddress,
  };
  const envelope = {
    request_id: requestId,
    lease_id: "",
    renewable: false,
    lease_duration: 0,
    data,
    wrap_info: null,
    warnings: null,
    auth: null,
  };
  return Buffer.from(stringifyJson(envelope));
}

/** @throws invalid_request when the answer is no bundle, or one for the other mode */
export function readBundle(envelope: Buffer, mode: ReplicationMode): ActivationBundle {
  const bundle = parse(envelope);
  if (bundle.mode !== mode) {
    throw new ActivationRefused("misplaced", `the activation token is for ${bundle.mode} replication, not for ${mode}`);
  }
  return bundle;
}

function parse(envelope: Buffer): ActivationBundle {
  try {
    const data = JsonReader.parse(envelope, { bytesMax: BUNDLE_BYTES_MAX, depthMax: 6 }).child("data");
    const key = createPrivateKey({ key: data.bytes("client_key"), format: "der", type: "pkcs8" });
    return {
      mode: data.text("mode") === "dr" ? "dr" : "performance",
      setId: data.text("cluster_id"),
      link: {
        secondaryId: data.text("id"),
        credentials: {
          authorityCertificate: new X509Certificate(data.bytes("ca_cert")).toString(),
          certificate: new X509Certificate(data.bytes("client_cert")).toString(),
          privateKey: key.export({ type: "pkcs8", format: "pem" }).toString(),
        },
        primaryClusterAddress: data.text("primary_cluster_addr"),
        knownAddresses: [],
        rejoins: true,
      },
    };
  } catch (cause) {
    throw new ServerError("invalid_request", {
      publicText: "the primary's answer to the activation token is not an activation bundle",
      cause,
    });
  }
}
