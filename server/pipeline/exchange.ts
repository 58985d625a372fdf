import type { HttpRequest } from "../http/message";
import type { ConvertedFields } from "../router/fields";
import type { PathMatch } from "../router/match";
import type { Mount } from "../router/mount";
import type { AuditedRequest } from "../sdk/audit";
import { isServerError, ServerError } from "../sdk/errors";
import type { JsonObject } from "../sdk/json";
import type { IssuedLease } from "../sdk/lease";
import type { MountContext } from "../sdk/mount";
import type { IssuedAuth, Outcome } from "../sdk/outcome";
import type {
  Call,
  FieldDeclarations,
  FieldValues,
  ListenerOpening,
  OperationDeclaration,
  OperationName,
} from "../sdk/path";
import type { EpochIndex, ForwardedRequest } from "../sdk/replication";
import type { TokenFacts } from "../sdk/token";

/** Which checks a request goes through; see the table in index.ts. */
export type RequestKind = "authenticated" | "login" | "unauthenticated" | "help" | "forwarded";

const NO_QUERY: ReadonlyMap<string, readonly string[]> = new Map();
const NO_BODY: JsonObject = new Map();
const NO_BYTES = Buffer.alloc(0);
const NO_NAMES: ReadonlySet<string> = new Set();
const NO_KEYS: readonly string[] = [];
const NO_OPENINGS: ReadonlySet<ListenerOpening> = new Set();

/**
 * One request on its way through the stages. Each stage fills in what it found out; nothing is filled in twice.
 */
export class Exchange implements AuditedRequest {
  kind: RequestKind = "authenticated";
  operation: OperationName = "read";
  /** The one spelling that is authorised, routed, stored and audited. */
  path = "";
  query = NO_QUERY;
  clientToken = "";
  wrapTtlSeconds: number | undefined;
  /** Values of X-Vault-Index, as sent. */
  requiredIndexes: readonly string[] = NO_KEYS;
  /** Whether they are waited for before the request is refused. */
  waitsForIndex = true;
  rawBody: Buffer = NO_BYTES;
  contentType: string | undefined;
  remoteAddress = "";
  remotePort = 0;

  mount: Mount | undefined;
  match: PathMatch<MountContext> | undefined;
  declaration: OperationDeclaration<MountContext, FieldDeclarations> | undefined;
  /** A read that ends in a slash where the path's last segment is no literal: there is nothing. */
  isFolder = false;

  token: TokenFacts | undefined;
  /** Opened by a response-wrapping token alone: no policy is asked. */
  byWrappingToken = false;
  body = NO_BODY;
  bodyParsed = false;
  requestAudited = false;
  fields: ConvertedFields | undefined;

  call: Call<MountContext, FieldValues<FieldDeclarations>> | undefined;
  outcome: Outcome | undefined;
  /** The outcome is another cluster's whole answer: it was audited and wrapped there. */
  answeredElsewhere = false;
  /** Whether the node was found unsealed: before that there is no audit trail. */
  isPastSeal = false;
  issuedAuth: IssuedAuth | undefined;
  issuedLease: IssuedLease | undefined;
  error: ServerError | undefined;
  /** The failure itself where it was no ServerError: for the log. */
  unexpected: unknown;
  /** What the listener opens to everybody who reaches it. */
  listenerOpens: ReadonlySet<ListenerOpening> = NO_OPENINGS;
  /** This very operation is open so. */
  isOpened = false;
  /** Whether the secondary that forwarded the request may have the mount. */
  allowsMount: (mountPath: string) => boolean = () => true;
  /** What it named although it may not have it. */
  beyondReach: string | undefined;
  /** On the monotonic clock; undefined once its answer was counted. */
  beganMilliseconds: number | undefined;
  /** Own log index when the request began. */
  indexBefore = 0;
  /** What mounts had written at the primary when the request began. */
  calledBefore: EpochIndex | undefined;
  /** The primary's index after a forwarded write; undefined: nothing shared was written through this secondary. */
  written: EpochIndex | undefined;
  private controller: AbortController | undefined;
  private combined: AbortSignal | undefined;

  constructor(
    readonly id: string,
    readonly http: HttpRequest | undefined,
    readonly forwarded: ForwardedRequest | undefined,
    private readonly outer: AbortSignal | undefined,
  ) {}

  /** Made when somebody asks: most requests never wait for anything that could be given up. */
  get signal(): AbortSignal {
    if (this.combined === undefined) {
      this.controller ??= new AbortController();
      const outer = this.outer ?? this.http?.connection.signal;
      this.combined = outer === undefined ? this.controller.signal : AbortSignal.any([outer, this.controller.signal]);
    }
    return this.combined;
  }

  /** To be thrown where the secondary that forwarded the request named what is not for it. */
  refusal(named: string): ServerError {
    this.beyondReach = named;
    return new ServerError("permission_denied", { detail: `a secondary named ${named}` });
  }

  abort(): void {
    this.controller ??= new AbortController();
    this.controller.abort(new ServerError("internal", "the request took too long"));
  }

  fail(error: unknown): void {
    if (isServerError(error)) {
      this.error = error;
      return;
    }
    this.unexpected = error;
    this.error = new ServerError("internal", { cause: error });
  }

  get mountPath(): string {
    return this.mount?.entry.path ?? "";
  }

  get mountType(): string {
    return this.mount?.entry.type ?? "";
  }

  get mountAccessor(): string {
    return this.mount?.entry.accessor ?? "";
  }

  get mountClass(): string {
    return this.mount?.entry.kind ?? "";
  }

  get data(): JsonObject | undefined {
    return this.bodyParsed ? this.body : undefined;
  }

  get clearRequestKeys(): readonly string[] {
    return this.mount?.entry.config.auditNonHmacRequestKeys ?? NO_KEYS;
  }

  get clearResponseKeys(): readonly string[] {
    return this.mount?.entry.config.auditNonHmacResponseKeys ?? NO_KEYS;
  }

  get sensitiveKeys(): ReadonlySet<string> {
    return this.match?.path.sensitive ?? NO_NAMES;
  }
}
