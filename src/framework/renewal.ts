import type { Outgoing } from "../plugin/tfplugin6";

/** When to renew, as the protocol has it; nothing when there is no renewal. */
export function renewalMessage(renewAt: Date | undefined): { readonly renewAt?: Outgoing<"Timestamp"> } {
  if (renewAt === undefined) return {};
  const milliseconds = renewAt.getTime();
  const seconds = Math.floor(milliseconds / 1000);
  return { renewAt: { seconds, nanos: (milliseconds - seconds * 1000) * 1_000_000 } };
}
