import { RuleError } from "./rule-error";

export interface ShamirProps {
  /**
   * Into how many shares the unseal key is split.
   * @default 5
   */
  readonly shares?: number;
  /**
   * How many of them are needed.
   * @default - 3, or all of fewer shares
   */
  readonly threshold?: number;
}

const SHARES_MAX = 255;

/** How a cluster is unsealed. */
export class Seal {
  /** By key shares, which the provider keeps in the operator file. */
  public static shamir(props: ShamirProps = {}): Seal {
    const shares = props.shares ?? 5;
    const threshold = props.threshold ?? Math.min(3, shares);
    requireReachable(shares, threshold);
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

function requireReachable(shares: number, threshold: number): void {
  const whole = Number.isInteger(shares) && Number.isInteger(threshold);
  if (!whole || threshold < 1 || threshold > shares || shares > SHARES_MAX) {
    throw new RuleError(
      "seal/threshold",
      `a threshold of ${threshold} cannot be reached with ${shares} shares: use whole numbers with 1 <= threshold <= shares <= ${SHARES_MAX}`,
    );
  }
  // One share that opens everything, handed out several times, protects less than one share.
  if (threshold === 1 && shares > 1) {
    throw new RuleError(
      "seal/threshold",
      `a threshold of 1 makes each of ${shares} shares the whole key: use a threshold of 2 or more, or one share`,
    );
  }
}
