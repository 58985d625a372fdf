import type { Certificate } from "./certificate";

/** go-plugin's handshake: what Terraform puts into the environment, and the one line that it reads from stdout. */

const MAGIC_COOKIE = {
  name: "TF_PLUGIN_MAGIC_COOKIE",
  value: "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
};

export const PROTOCOL_VERSION = 6;
const CORE_PROTOCOL_VERSION = 1;

export interface HandshakeRequest {
  /** Present: mutual TLS, and only the holder of this certificate may connect. Absent: Terraform asked for plaintext. */
  readonly clientCertificatePem: string | undefined;
  /** Where to put the socket; absent: the directory for temporary files. */
  readonly socketDirectory: string | undefined;
  /** Whether a seventh field is expected on the line. */
  readonly multiplexing: boolean;
}

/** The process was not started by Terraform, or by one that cannot talk to it. The message is for a person. */
export class HandshakeError extends Error {
  override readonly name = "HandshakeError";
}

/** Throws HandshakeError. */
export function readHandshake(environment: NodeJS.ProcessEnv): HandshakeRequest {
  if (environment[MAGIC_COOKIE.name] !== MAGIC_COOKIE.value) {
    throw new HandshakeError(
      "This program is a Terraform provider. It is started by Terraform and does nothing when run by hand.",
    );
  }
  const offered = (environment.PLUGIN_PROTOCOL_VERSIONS ?? "").split(",").map(Number);
  if (!offered.includes(PROTOCOL_VERSION)) {
    throw new HandshakeError("This provider needs plugin protocol 6: use Terraform 1.11 or newer.");
  }
  return {
    clientCertificatePem: environment.PLUGIN_CLIENT_CERT || undefined,
    socketDirectory: environment.PLUGIN_UNIX_SOCKET_DIR || undefined,
    multiplexing: (environment.PLUGIN_MULTIPLEX_GRPC ?? "") !== "",
  };
}

export interface Address {
  readonly network: "unix" | "tcp";
  /** A socket's path, or `127.0.0.1:port`. */
  readonly address: string;
}

/** The line without its line break. The certificate is standard base64 without padding, as Go's RawStdEncoding reads it. */
export function handshakeLine(
  { network, address }: Address,
  certificate: Certificate | undefined,
  multiplexing: boolean,
): string {
  const encoded = certificate?.der.toString("base64").replace(/=+$/, "") ?? "";
  const fields = [CORE_PROTOCOL_VERSION, PROTOCOL_VERSION, network, address, "grpc", encoded];
  return [...fields, ...(multiplexing ? ["false"] : [])].join("|");
}
