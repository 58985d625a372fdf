import { shamirSeal } from "../../barrier/seal/shamir";
import { staticSeal } from "../../barrier/seal/static";
import type { UnsealedCore } from "../../sdk/barrier";
import { systemClock } from "../../sdk/clock";
import type { ResponseData } from "../../sdk/outcome";
import { systemRandom } from "../../sdk/random";
import type { InitializeRequest } from "../../sdk/seal";
import type { Storage } from "../../sdk/storage";
import { noLogger } from "../../sdk/testing/no-logger";
import { type Lifecycle, type LifecycleOptions, openLifecycle } from "../lifecycle";

/** `shares` of them, two needed. */
export function initializeRequest(kind: "shamir" | "static", shares = 3): InitializeRequest {
  const numbers = { shares, threshold: Math.min(2, shares) };
  const [secret, recovery] = kind === "shamir" ? [numbers, undefined] : [undefined, numbers];
  return {
    secretShares: secret?.shares,
    secretThreshold: secret?.threshold,
    recoveryShares: recovery?.shares,
    recoveryThreshold: recovery?.threshold,
    pgpKeys: [],
    recoveryPgpKeys: [],
    rootTokenPgpKey: undefined,
    recipient: undefined,
  };
}

/** A lifecycle whose only service writes the root token at initialisation. */
export function lifecycleOptions(storage: Storage, changes: Partial<LifecycleOptions> = {}): LifecycleOptions {
  return {
    storage,
    clock: systemClock,
    random: systemRandom,
    clusterName: undefined,
    sealKind: shamirSeal(),
    logger: noLogger,
    version: "1.0.0",
    buildDate: "2026-01-01T00:00:00Z",
    storageType: "memory",
    hooks: {
      onInitialized: async (core: UnsealedCore) => {
        const view = core.barrier.view("core/token/", "local");
        await view.commit([view.put("root", Buffer.from("hvs.root"))]);
        return { rootToken: "hvs.root" };
      },
      onUnsealed: async () => async () => undefined,
    },
    ...changes,
  };
}

/** A static seal with one fixed key per `byte`. */
export function testStaticSeal(byte: number): LifecycleOptions["sealKind"] {
  return staticSeal({ currentKeyId: `k${byte}`, currentKey: Buffer.alloc(32, byte), random: systemRandom });
}

export interface StartedCluster {
  readonly lifecycle: Lifecycle;
  /** Unseal or recovery shares, hexadecimal. */
  readonly shares: readonly string[];
}

/** Initialised and unsealed. */
export async function startCluster(
  storage: Storage,
  kind: "shamir" | "static",
  changes: Partial<LifecycleOptions> = {},
): Promise<StartedCluster> {
  const sealKind = kind === "shamir" ? shamirSeal() : (changes.sealKind ?? testStaticSeal(1));
  const lifecycle = await openLifecycle(lifecycleOptions(storage, { ...changes, sealKind }));
  const answer = await lifecycle.initialize(initializeRequest(kind));
  const shares = listOf(answer, kind === "shamir" ? "keys" : "recovery_keys");
  if (kind === "shamir") await unsealWith(lifecycle, shares);
  return { lifecycle, shares };
}

export async function unsealWith(lifecycle: Lifecycle, shares: readonly string[]): Promise<void> {
  for (const share of shares) await lifecycle.unseal(share, false);
}

export function listOf(answer: ResponseData, field: string): string[] {
  const value = answer[field];
  if (!Array.isArray(value)) throw new Error(`no list ${field}`);
  return value.map(String);
}

export function coreOf(lifecycle: Lifecycle): UnsealedCore {
  if (lifecycle.core === undefined) throw new Error("sealed");
  return lifecycle.core;
}
