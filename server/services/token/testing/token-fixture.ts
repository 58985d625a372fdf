import type { AccessChecker } from "../../../sdk/policy";
import { ManualClock } from "../../../sdk/testing/manual-clock";
import { MemoryBarrier, memoryView } from "../../../sdk/testing/memory-view";
import { noLogger } from "../../../sdk/testing/no-logger";
import { seededRandom } from "../../../sdk/testing/seeded-random";
import type { TokenFacts, TokenRequest, TokenSource } from "../../../sdk/token";
import { batchTokenCipher } from "../batch-token";
import { type LoginMounts, noTokenIndexes, type TokenIndexes } from "../token-ports";
import { TokenService } from "../token-service";

/** Root has sudo everywhere, the policy `admin` too, nobody else. */
const access: AccessChecker = {
  allows: ({ policies }) => policies.includes("root") || policies.includes("admin"),
  capabilities: async () => ["deny"],
};

export const SOURCE: TokenSource = {
  mountPath: "auth/token/",
  mountAccessor: "auth_token_1",
  mountType: "token",
  path: "auth/token/create",
  defaultLeaseTtlSeconds: 3_600,
  maxLeaseTtlSeconds: 7_200,
};

export const REQUEST: TokenRequest = {
  id: undefined,
  roleName: undefined,
  policies: undefined,
  metadata: new Map(),
  noParent: false,
  orphan: false,
  noDefaultPolicy: false,
  renewable: true,
  ttlSeconds: 0,
  explicitMaxTtlSeconds: 0,
  periodSeconds: 0,
  displayName: "",
  numUses: 0,
  type: "default",
};

export interface Fixture {
  readonly tokens: TokenService;
  readonly clock: ManualClock;
  readonly barrier: MemoryBarrier;
  readonly mounts: { -readonly [K in keyof LoginMounts]: LoginMounts[K] };
}

export interface FixtureOptions {
  readonly barrier?: MemoryBarrier;
  readonly clock?: ManualClock;
  readonly seed?: number;
  readonly indexes?: TokenIndexes;
}

/** A token service over memory. Give the barrier of another one to look at the same data, as a restarted node does. */
export function tokenFixture(options: FixtureOptions = {}): Fixture {
  const barrier = options.barrier ?? new MemoryBarrier();
  const clock = options.clock ?? new ManualClock();
  const random = seededRandom(options.seed ?? 7);
  const mounts: Fixture["mounts"] = {
    has: () => true,
    limits: () => SOURCE,
    tokenType: () => "default-service",
    renew: async () => ({}),
  };
  const tokens = new TokenService({
    storage: memoryView("local", "core", barrier).narrow("core/token/"),
    sharedStorage: memoryView("replicated", "core", barrier).narrow("core/token/"),
    clock,
    random,
    logger: noLogger,
    batchCipher: batchTokenCipher(() => [Buffer.alloc(32, 9)], random),
    access,
    mounts,
    indexes: options.indexes ?? noTokenIndexes,
    mayWrite: () => true,
  });
  return { tokens, clock, barrier, mounts };
}

export const ADDRESS = "10.0.0.1";

export async function factsOf(tokens: TokenService, text: string, address = ADDRESS): Promise<TokenFacts | undefined> {
  return tokens.authenticate(Buffer.from(text), address);
}

export async function liveFacts(tokens: TokenService, text: string): Promise<TokenFacts> {
  const facts = await factsOf(tokens, text);
  if (facts === undefined) throw new Error("the token is dead");
  return facts;
}

/** Makes a token as the caller named by its text. */
export async function make(tokens: TokenService, caller: string, request: Partial<TokenRequest> = {}): Promise<string> {
  const issued = await tokens.create(await liveFacts(tokens, caller), { ...REQUEST, ...request }, SOURCE);
  return issued.auth.clientToken;
}
