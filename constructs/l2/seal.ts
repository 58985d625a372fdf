import { RuleError } from "./rule-error";

export interface ShamirProps {
  /**
   * Into how many shares the unseal key is split.
   * @default 5
   */
  readonly shares?: number;
  /**
   * How many of them are needed.
   * @default 3
   */
  readonly threshold?: number;
}

/** How a cluster is unsealed. */
export class Seal {
  /** By key shares, which the provider keeps in the operator file. */
  public static shamir(props: ShamirProps = {}): Seal {
    const shares = props.shares ?? 5;
    const threshold = props.threshold ?? Math.min(3, shares);
    if (threshold > shares || shares < 1 || threshold < 1 || shares > 255) {
      throw new RuleError(
        "seal/threshold",
        `a threshold of ${threshold} cannot be reached with ${shares} shares: use 1 <= threshold <= shares <= 255`,
      );
    }
    return new Seal("shamir", shares, threshold);
  }

  /** By a key that lies beside the server: it unseals itself at every start. The shares are recovery shares. */
  public static static(props: ShamirProps = {}): Seal {
    const { shares, threshold } = Seal.shamir(props);
    return new Seal("static", shares, threshold);
  }

  private constructor(
    public readonly kind: string,
    public readonly shares: number,
    public readonly threshold: number,
  ) {}
}
