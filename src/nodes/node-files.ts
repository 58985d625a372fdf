import { join } from "node:path";

/** What lies in a node's directory. Everything is mode 0600, directories 0700. */
export interface NodeFiles {
  /** What this provider remembers of the node. */
  readonly record: string;
  readonly config: string;
  readonly authority: string;
  readonly authorityKey: string;
  readonly certificate: string;
  readonly certificateKey: string;
  readonly sealKey: string;
  readonly data: string;
  readonly log: string;
  readonly pid: string;
}

export function nodeFiles(directory: string): NodeFiles {
  return {
    record: join(directory, "node.json"),
    config: join(directory, "config.json"),
    authority: join(directory, "tls", "ca.pem"),
    authorityKey: join(directory, "tls", "ca-key.pem"),
    certificate: join(directory, "tls", "server.pem"),
    certificateKey: join(directory, "tls", "server-key.pem"),
    sealKey: join(directory, "seal.key"),
    data: join(directory, "data"),
    log: join(directory, "server.log"),
    pid: join(directory, "server.pid"),
  };
}
