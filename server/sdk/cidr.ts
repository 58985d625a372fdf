import { BlockList, isIPv4, isIPv6 } from "node:net";
import { ServerError } from "./errors";

type Family = "ipv4" | "ipv6";

/** Decides whether an address lies in one of some blocks. */
export type AddressFilter = (address: string) => boolean;

const filters = new WeakMap<readonly string[], AddressFilter>();

/** @throws invalid_request naming the block that is none: `10.0.0.0/8`, `2001:db8::/32` or a single address is expected */
export function checkCidrs(blocks: readonly string[]): void {
  for (const block of blocks) blockOf(block);
}

/** No blocks: every address. A frozen array's filter is built once. */
export function addressFilter(blocks: readonly string[]): AddressFilter {
  if (blocks.length === 0) return () => true;
  const known = filters.get(blocks);
  if (known !== undefined) return known;
  const list = new BlockList();
  for (const text of blocks) {
    const { address, prefixLength, family } = blockOf(text);
    list.addSubnet(address, prefixLength, family);
  }
  const filter: AddressFilter = (address) => {
    const plain = unmapped(address);
    const family = familyOf(plain);
    return family !== undefined && list.check(plain, family);
  };
  if (Object.isFrozen(blocks)) filters.set(blocks, filter);
  return filter;
}

/**
 * Those of the blocks that lie wholly inside one of the others; no others: all of them. What narrows a bound must not widen it.
 * @throws invalid_request naming the block that is none
 */
export function blocksWithin(blocks: readonly string[], others: readonly string[]): readonly string[] {
  if (others.length === 0) return blocks;
  const bounds = others.map((text) => ({ ...blockOf(text), contains: addressFilter([text]) }));
  return blocks.filter((text) => {
    const { address, prefixLength, family } = blockOf(text);
    return bounds.some(
      (bound) => bound.family === family && bound.prefixLength <= prefixLength && bound.contains(address),
    );
  });
}

function blockOf(text: string): { readonly address: string; readonly prefixLength: number; readonly family: Family } {
  const slash = text.indexOf("/");
  const address = slash === -1 ? text : text.slice(0, slash);
  const family = familyOf(address);
  const bits = family === "ipv4" ? 32 : 128;
  const digits = slash === -1 ? String(bits) : text.slice(slash + 1);
  if (family === undefined || !/^\d{1,3}$/.test(digits) || Number(digits) > bits) {
    throw new ServerError("invalid_request", "an address block such as 10.0.0.0/8 or 2001:db8::/32 is expected");
  }
  return { address, prefixLength: Number(digits), family };
}

function familyOf(address: string): Family | undefined {
  if (isIPv4(address)) return "ipv4";
  return isIPv6(address) && !address.includes("%") ? "ipv6" : undefined;
}

/** `::ffff:10.1.2.3`, as a dual-stack socket names an IPv4 peer, to `10.1.2.3`. */
function unmapped(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  return mapped?.[1] ?? address;
}
