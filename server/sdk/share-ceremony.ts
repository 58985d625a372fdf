import type { ResponseData } from "./outcome";

/** How an attempt was asked for. */
export interface CoverRequest {
  /** base64 of a binary OpenPGP public key; "" for none. */
  readonly pgpKey: string;
  /** The client's own one-time password; "" lets the server make one. */
  readonly otp: string;
}

/**
 * A token that a quorum of share holders makes, one attempt at a time. The answers are those of
 * https://developer.hashicorp.com/vault/api-docs/system/generate-root.
 */
export interface ShareCeremony {
  /** @param isStranger no token was asked of the caller: the nonce is not for it */
  status(isStranger: boolean): ResponseData;
  /**
   * Starts an attempt; only this answer has the one-time password that the server made.
   * @throws invalid_request while one is under way, or where no such token can be made
   */
  begin(request: CoverRequest): Promise<ResponseData>;
  /**
   * Ends the attempt, if there is one.
   * @param nonce of the attempt; "" where the caller named none
   * @throws invalid_request for another nonce, or without one by a stranger while the attempt is young
   */
  cancel(nonce: string, isStranger: boolean): void;
  /** Takes one share, hex or base64. A wrong quorum ends the attempt. @throws invalid_request for a wrong nonce, share or quorum */
  provide(nonce: string, key: string): Promise<ResponseData>;
}

/** What a ceremony makes. */
export interface CeremonyProduct {
  /** For log and errors: `root token`. */
  readonly name: string;
  /** Length of every such token, and so of the one-time password that hides it. */
  readonly characters: number;
  /** Older clients read a root token in a field of its own too. */
  readonly isRootToken: boolean;
  /** @throws invalid_request where this cluster can make none now */
  requireAllowed(): void;
  /** Durable when it resolves. The bytes are the caller's to zero. */
  make(): Promise<Buffer>;
  /** Takes back one that could not be handed out. */
  revoke(token: Buffer): Promise<void>;
}

/** A ceremony as the cluster has it that it belongs to. */
export interface OwnedCeremony extends ShareCeremony {
  /** After a change of roles: an attempt whose product cannot be made any more ends. */
  review(): void;
  /** Ends the attempt, with its shares: the server is sealed. */
  forget(): void;
}
