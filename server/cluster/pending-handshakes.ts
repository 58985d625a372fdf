/** One end of a TCP connection. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/**
 * Connections that have proven nothing yet. Strangers behind one address use up what that address may have, and nobody
 * else's.
 */
export class PendingHandshakes {
  private readonly portsOf = new Map<string, Set<number>>();

  constructor(private readonly perAddressMax: number) {}

  /** @returns false: the address has too many already, and this one is to be dropped */
  add({ address, port }: Endpoint): boolean {
    const ports = this.portsOf.get(address) ?? new Set();
    if (ports.size >= this.perAddressMax) return false;
    this.portsOf.set(address, ports.add(port));
    return true;
  }

  /** It proved itself, or is gone. */
  remove({ address, port }: Endpoint): void {
    const ports = this.portsOf.get(address);
    ports?.delete(port);
    if (ports?.size === 0) this.portsOf.delete(address);
  }
}
