import type { ReplayCaller } from "../../sdk/divergence";
import { isServerError } from "../../sdk/errors";
import type { ReplicationMode } from "../../sdk/log";
import type { OperationName } from "../../sdk/path";
import type { ForwardedAnswer, ForwardedRequest, ReplicationState } from "../../sdk/replication";
import type { ReplayRequest } from "../../sdk/stored-keys";
import type { ReplicationDependencies } from "./dependencies";
import type { DivergenceRow, DivergenceState } from "./divergence-records";

/** What became of one path. */
export interface ReplayResult {
  /** `refused`: nothing was sent. `failed`: the primary answered `status`. */
  readonly outcome: "replayed" | "refused" | "failed";
  readonly status?: number;
  readonly reason?: string;
}

export interface ReplayRoutes {
  state(): ReplicationState;
  forward(mode: ReplicationMode, request: ForwardedRequest, signal: AbortSignal): Promise<ForwardedAnswer>;
}

const MOUNTS = new Set(["kv"]);
const NOTHING = Buffer.alloc(0);
const NOT_FOUND = 404;

/**
 * Makes a kept write again as an ordinary request at the primary, with the caller's own rights: never as stored bytes, which
 * would undo what was written there since.
 */
export class DivergenceReplay {
  constructor(
    private readonly deps: ReplicationDependencies,
    private readonly routes: ReplayRoutes,
  ) {}

  async replay(
    row: DivergenceRow | undefined,
    states: readonly DivergenceState[],
    overwrite: boolean,
    caller: ReplayCaller,
  ): Promise<ReplayResult> {
    const planned = this.plan(row, states);
    if (typeof planned === "string") return { outcome: "refused", reason: planned };
    try {
      return await this.send(row?.mount?.path ?? "", planned, overwrite, caller);
    } catch (error) {
      if (!isServerError(error)) throw error;
      return { outcome: "failed", status: error.status, reason: error.publicText };
    }
  }

  private plan(row: DivergenceRow | undefined, states: readonly DivergenceState[]): ReplayRequest | string {
    if (row === undefined) return "the report has no such path";
    const { mount } = row;
    if (mount === undefined) return "only secrets of kv mounts are replayed: write it yourself";
    const keys = this.deps.meanings?.storedKeysOf(mount);
    if (keys?.replay === undefined || !MOUNTS.has(mount.type)) {
      return `writes of ${mount.type} mounts are not replayed: write it yourself`;
    }
    if (states.length === 0) return "nothing of it was kept";
    return keys.replay(row.path.slice(mount.path.length), states, this.deps.clock.nowMilliseconds());
  }

  private async send(
    mountPath: string,
    { operation, path, body, overwrites }: ReplayRequest,
    overwrite: boolean,
    caller: ReplayCaller,
  ): Promise<ReplayResult> {
    const whole = mountPath + path;
    if (overwrites && !overwrite) {
      const found = await this.ask(this.request("read", whole, NOTHING, caller), caller);
      if (found.status < 300) {
        return { outcome: "refused", reason: "the primary has something there: give overwrite to replace it" };
      }
      if (found.status !== NOT_FOUND) return failed(found);
    }
    const answer = await this.ask(this.request(operation, whole, body, caller), caller);
    return answer.status < 300 ? { outcome: "replayed", status: answer.status } : failed(answer);
  }

  private async ask(request: ForwardedRequest, caller: ReplayCaller): Promise<ForwardedAnswer> {
    const { performance, dr } = this.routes.state();
    if (dr === "secondary") return await this.routes.forward("dr", withToken(request, caller), caller.signal);
    if (performance === "secondary") return await this.routes.forward("performance", request, caller.signal);
    return await this.deps.forwarded(withToken(request, caller), caller.signal, () => true);
  }

  private request(operation: OperationName, path: string, body: Buffer, caller: ReplayCaller): ForwardedRequest {
    return {
      // The audit trails of both clusters name the same request.
      id: caller.requestId,
      caller:
        caller.token === undefined
          ? { kind: "token", token: Buffer.from(caller.clientToken, "latin1") }
          : { kind: "facts", facts: caller.token },
      operation,
      path,
      query: new Map(),
      body,
      contentType: "application/json",
      remoteAddress: caller.remoteAddress,
      wrapTtlSeconds: undefined,
    };
  }
}

/** A DR secondary knows no token itself, and the pipeline of this cluster looks at the token anew. */
function withToken(request: ForwardedRequest, { clientToken }: ReplayCaller): ForwardedRequest {
  return { ...request, caller: { kind: "token", token: Buffer.from(clientToken, "latin1") } };
}

function failed(answer: ForwardedAnswer): ReplayResult {
  const text = answer.body.toString("utf8", 0, REASON_BYTES);
  return { outcome: "failed", status: answer.status, reason: text };
}

/** The answer of a write that failed holds errors, no values. */
const REASON_BYTES = 1_024;
