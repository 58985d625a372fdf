import type { ResponseData } from "./outcome";

/** sys/seal-status, field for field. */
export interface SealStatus {
  readonly type: string;
  readonly initialized: boolean;
  readonly sealed: boolean;
  /** Threshold. */
  readonly t: number;
  /** Shares. */
  readonly n: number;
  readonly progress: number;
  readonly nonce: string;
  readonly version: string;
  readonly buildDate: string;
  readonly migration: boolean;
  readonly recoverySeal: boolean;
  readonly storageType: string;
  /** Only once unsealed. */
  readonly clusterName: string | undefined;
  readonly clusterId: string | undefined;
}

export interface InitializeRequest {
  readonly secretShares: number | undefined;
  readonly secretThreshold: number | undefined;
  readonly recoveryShares: number | undefined;
  readonly recoveryThreshold: number | undefined;
  /** Base64 binary OpenPGP public keys, one per share; empty: shares in clear. */
  readonly pgpKeys: readonly string[];
  readonly recoveryPgpKeys: readonly string[];
  readonly rootTokenPgpKey: string | undefined;
  /**
   * X25519 public key (32 bytes). The whole answer is encrypted to it and handed out again, the same ciphertext, on every
   * repeated call with the same key until `confirmInitialization`: a client killed before it saved the answer loses nothing.
   * The body is then {recipient, encrypted_answer}, both base64; barrier/seal/recipient.ts says how the answer is encrypted.
   */
  readonly recipient: Buffer | undefined;
}

/** What sys/init, unseal, seal and seal-status need. */
export interface SealPort {
  isInitialized(): boolean;
  isSealed(): boolean;
  status(): SealStatus;
  /** The body of the answer. @throws invalid_request when initialised already, or for impossible numbers */
  initialize(request: InitializeRequest): Promise<ResponseData>;
  /**
   * Forgets the ciphertext kept for the recipient. `proof` is SHA-256 of the root token: nobody else may take the answer away
   * from whoever has not saved it yet. Nothing kept: succeeds. @throws permission_denied
   */
  confirmInitialization(proof: Buffer): Promise<void>;
  /** One share (hex or base64 text). `reset` forgets the shares given so far. @throws invalid_request for a wrong share */
  unseal(share: string | undefined, reset: boolean): Promise<SealStatus>;
  seal(): Promise<void>;
}
