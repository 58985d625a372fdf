import type { UnsealedCore } from "../../server/sdk/barrier";
import type { Clock } from "../../server/sdk/clock";
import { ServerError } from "../../server/sdk/errors";
import type { WrapInfo } from "../../server/sdk/outcome";
import type { Random } from "../../server/sdk/random";
import type { WrappingPort } from "../../server/sdk/wrapping";

/** Wrapping tokens as class `local` keys, which is all that activation needs of the wrapping service. */
export class SimulatedWrapping implements WrappingPort {
  constructor(
    private readonly core: UnsealedCore,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  async wrap(body: Buffer, ttlSeconds: number, creationPath: string): Promise<WrapInfo> {
    const token = `hvs.${this.random.base62(24)}`;
    await this.view().commit([this.view().put(token, body)]);
    const creationTimeMilliseconds = this.clock.nowMilliseconds();
    return { token, accessor: this.random.base62(24), ttlSeconds, creationTimeMilliseconds, creationPath };
  }

  async unwrap(token: string): Promise<{ readonly body: Buffer }> {
    const found = await this.view().get(token);
    if (found === undefined) throw new ServerError("invalid_request", "wrapping token is not valid or does not exist");
    await this.view().commit([this.view().delete(token, { ifRevision: found.revision })]);
    return { body: found.value };
  }

  lookup(): Promise<never> {
    return Promise.reject(new ServerError("invalid_request"));
  }

  rewrap(): Promise<never> {
    return Promise.reject(new ServerError("invalid_request"));
  }

  private view() {
    return this.core.barrier.view("core/test-wrapping/", "local");
  }
}
