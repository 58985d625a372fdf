import type { OperationName } from "../../sdk/path";
import type { Capability } from "../../sdk/policy";

/** Capabilities that a policy may name; the order is that of answers (alphabetic). */
const NAMES = ["create", "delete", "deny", "list", "patch", "read", "sudo", "update"] as const;

/** A set of capabilities, one bit each. */
export type CapabilityBits = number;

const BIT: ReadonlyMap<string, CapabilityBits> = new Map(NAMES.map((name, index) => [name, 1 << index]));

export const CAPABILITY_NAMES: readonly Capability[] = NAMES;

/** 0 for a word that is no capability. */
export function capabilityBit(name: string): CapabilityBits {
  return BIT.get(name) ?? 0;
}

export const DENY = capabilityBit("deny");
export const SUDO = capabilityBit("sudo");

export const OPERATION_BITS: Readonly<Record<OperationName, CapabilityBits>> = {
  create: capabilityBit("create"),
  read: capabilityBit("read"),
  update: capabilityBit("update"),
  patch: capabilityBit("patch"),
  delete: capabilityBit("delete"),
  list: capabilityBit("list"),
};

/** The old `policy = "..."` form. */
export const OLD_POLICY_BITS: ReadonlyMap<string, CapabilityBits> = new Map([
  ["deny", DENY],
  ["read", bitsOf("read", "list")],
  ["write", bitsOf("create", "read", "update", "delete", "list")],
  ["sudo", bitsOf("create", "read", "update", "delete", "list", "sudo")],
]);

function bitsOf(...names: readonly Capability[]): CapabilityBits {
  return names.reduce((bits, name) => bits | capabilityBit(name), 0);
}

/** Deny is not mixed: with it nothing else counts. */
export function mergeBits(left: CapabilityBits, right: CapabilityBits): CapabilityBits {
  return ((left | right) & DENY) === 0 ? left | right : DENY;
}
