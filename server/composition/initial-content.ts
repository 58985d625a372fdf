import type { UnsealedCore } from "../sdk/barrier";
import type { Clock } from "../sdk/clock";
import type { Logger } from "../sdk/logger";
import type { Random } from "../sdk/random";
import { PolicyService } from "../services/policy/policy-service";
import { batchTokenCipher } from "../services/token/batch-token";
import { noTokenIndexes } from "../services/token/token-ports";
import { TokenService } from "../services/token/token-service";
import { BATCH_KEY, corePolicyView, coreTokenViews } from "./core-views";

const BATCH_KEY_BYTES = 32;

export interface InitialContentOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** The root token's text, chosen in dev mode. */
  readonly rootTokenId: string | undefined;
}

/** What a new cluster begins with: the key that batch tokens are sealed under, and a root token. */
export async function makeInitialContent(
  core: UnsealedCore,
  options: InitialContentOptions,
): Promise<{ readonly rootToken: string }> {
  const { clock, random, logger } = options;
  const { storage, sharedStorage } = coreTokenViews(core.barrier);
  await sharedStorage.commit([sharedStorage.put(BATCH_KEY, random.bytes(BATCH_KEY_BYTES), { ifRevision: 0 })]);
  const tokens = new TokenService({
    storage,
    sharedStorage,
    clock,
    random,
    logger,
    batchCipher: batchTokenCipher(() => [], random),
    access: new PolicyService(corePolicyView(core.barrier)),
    mounts: { has: () => true, limits: () => undefined, tokenType: () => "", renew: async () => ({}) },
    indexes: noTokenIndexes,
    mayWrite: () => false,
  });
  const root = await tokens.createRootToken(options.rootTokenId);
  return { rootToken: root.clientToken };
}
