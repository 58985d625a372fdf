import type { OperationName } from "./path";

export type Capability = "create" | "read" | "update" | "patch" | "delete" | "list" | "sudo" | "deny" | "root";

export interface AccessQuestion {
  readonly policies: readonly string[];
  readonly operation: OperationName;
  /** Canonical path without `/v1/`; for list with its trailing slash. */
  readonly path: string;
  readonly needsSudo: boolean;
  /** Names of body fields, for allowed/denied/required parameters; undefined where there is no body. */
  readonly parameters?: ReadonlyMap<string, unknown> | undefined;
  readonly wrapTtlSeconds?: number | undefined;
}

/** What the pipeline and sys/capabilities need of the policy service. */
export interface AccessChecker {
  /** Default deny; `deny` wins; the most specific path decides (priority rules of Vault's policy documentation). */
  allows(question: AccessQuestion): boolean | Promise<boolean>;
  /** Sorted capabilities on a path: `["deny"]` where there are none, `["root"]` for root. */
  capabilities(policies: readonly string[], path: string): Promise<readonly Capability[]>;
}

/** What sys/policies needs: documents by name. Names are lower-cased here, once. */
export interface PolicyStore {
  read(name: string): Promise<string | undefined>;
  list(): Promise<readonly string[]>;
  /** @throws invalid_request naming line and column when the text does not parse, or for `root` */
  write(name: string, text: string): Promise<void>;
  /** @throws invalid_request for `root` and `default` */
  delete(name: string): Promise<void>;
}
