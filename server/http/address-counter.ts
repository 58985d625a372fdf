import { isIPv6 } from "node:net";

const HEXTETS = 8;
const NETWORK_HEXTETS = 4;

/** Counts connections for each client: an IPv4 address, or the /64 network that one IPv6 client usually owns. */
export class AddressCounter {
  private readonly counts = new Map<string, number>();

  constructor(private readonly countMax: number) {}

  /** False when the client has its share already. */
  take(address: string): boolean {
    const key = clientOf(address);
    const count = this.counts.get(key) ?? 0;
    if (count >= this.countMax) return false;
    this.counts.set(key, count + 1);
    return true;
  }

  release(address: string): void {
    const key = clientOf(address);
    const count = this.counts.get(key) ?? 0;
    if (count <= 1) this.counts.delete(key);
    else this.counts.set(key, count - 1);
  }
}

function clientOf(address: string): string {
  if (!isIPv6(address) || address.includes(".")) return address;
  const [head = "", tail] = address.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : HEXTETS - left.length - right.length;
  const hextets = [...left, ...new Array<string>(Math.max(zeros, 0)).fill("0"), ...right];
  return hextets.slice(0, NETWORK_HEXTETS).join(":");
}
