/** A way to keep the root key between two unseals. */
export interface SealKind {
  readonly type: "shamir" | "static";
  /** Automatic seals open by themselves; their shares are recovery shares. */
  readonly automatic: AutomaticSeal | undefined;
}

/** Wraps the root key with a key that the server can reach alone. */
export interface AutomaticSeal {
  /** Key that `wrap` uses, as the configuration names it. */
  readonly currentKeyId: string;
  wrap(rootKey: Buffer): Promise<WrappedRootKey>;
  /** @returns the root key; undefined when no configured key opens it */
  unwrap(wrapped: WrappedRootKey): Promise<Buffer | undefined>;
}

export interface WrappedRootKey {
  readonly keyId: string;
  readonly sealed: Buffer;
}
