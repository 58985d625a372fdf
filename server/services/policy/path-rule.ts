import type { HclValue } from "../../sdk/hcl";
import type { CapabilityBits } from "./capability-bits";

/** Parameter name in lower case (or `*`) -> values; an empty list means any value. */
export type ParameterValues = ReadonlyMap<string, readonly HclValue[]>;

/** What one `path` block of a policy says. Frozen. */
export interface PathRule {
  /** Without leading slash and without the trailing `*`. */
  readonly pattern: string;
  /** It ended in `*`: everything that goes on after `pattern` matches. */
  readonly isPrefix: boolean;
  /** Some segment is `+`. */
  readonly hasSegmentWildcard: boolean;
  readonly capabilities: CapabilityBits;
  readonly allowedParameters: ParameterValues | undefined;
  readonly deniedParameters: ParameterValues | undefined;
  readonly requiredParameters: readonly string[];
  /** Seconds; 0: no bound. */
  readonly minWrappingTtlSeconds: number;
  readonly maxWrappingTtlSeconds: number;
}
