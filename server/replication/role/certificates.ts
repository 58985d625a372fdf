/** A certificate and its private key, PEM. */
export interface CertifiedKey {
  readonly certificate: string;
  readonly privateKey: string;
}

/** What replication needs of a certificate authority; the cluster room has it. */
export interface Certificates {
  createAuthority(setId: string): Promise<CertifiedKey>;
  issue(
    authority: CertifiedKey,
    request: { readonly setId: string; readonly name: string; readonly usage: "client" | "server" },
  ): Promise<CertifiedKey>;
  /** SHA-256 of the certificate, hex. */
  fingerprintOf(certificate: string): string;
}
