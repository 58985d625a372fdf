const DECIMAL = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/;

/** The longest plain text that is written out; Terraform itself keeps 512 bits, about 155 digits of precision. */
const EXPONENT_MAX = 10_000;

interface Decimal {
  readonly negative: boolean;
  /** Significant digits without leading or trailing zeros; empty for zero. */
  readonly digits: string;
  /** Power of ten of the last digit. */
  readonly exponent: number;
}

function parseDecimal(text: string): Decimal | undefined {
  const match = DECIMAL.exec(text);
  const whole = match?.[2] ?? "";
  const fraction = match?.[3] ?? "";
  if (!match || whole + fraction === "") return undefined;
  const scale = Number(match[4] ?? "0");
  if (Math.abs(scale) > EXPONENT_MAX) return undefined;
  const digits = (whole + fraction).replace(/^0+/, "");
  const stripped = digits.replace(/0+$/, "");
  if (stripped === "") return { negative: false, digits: "", exponent: 0 };
  const exponent = scale - fraction.length + (digits.length - stripped.length);
  return { negative: match[1] === "-", digits: stripped, exponent };
}

function plainText({ negative, digits, exponent }: Decimal): string {
  if (digits === "") return "0";
  const sign = negative ? "-" : "";
  if (exponent >= 0) return sign + digits + "0".repeat(exponent);
  const point = digits.length + exponent;
  if (point > 0) return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
  return `${sign}0.${"0".repeat(-point)}${digits}`;
}

/** The same number in plain decimal digits, without exponent, needless zeros or a plus sign; undefined if it is no number. */
export function canonicalDecimal(text: string): string | undefined {
  const decimal = parseDecimal(text);
  return decimal && plainText(decimal);
}

/**
 * A number that a JavaScript number cannot hold without loss: more digits, or a larger range. `text` is canonical
 * plain decimal digits.
 */
export class ExactNumber {
  private constructor(readonly text: string) {
    Object.freeze(this);
  }

  /** Gives a JavaScript number when that is lossless, else an {@link ExactNumber}; undefined if `text` is no number. */
  static parse(text: string): number | ExactNumber | undefined {
    const canonical = canonicalDecimal(text);
    if (canonical === undefined) return undefined;
    const number = Number(canonical);
    const lossless = Number.isFinite(number) && canonicalDecimal(String(number)) === canonical;
    const exactInteger = !Number.isInteger(number) || Number.isSafeInteger(number);
    return lossless && exactInteger ? number : new ExactNumber(canonical);
  }

  toString(): string {
    return this.text;
  }
}

/** Canonical plain decimal digits of either form of number. Throws RangeError for NaN and the infinities. */
export function decimalText(value: number | ExactNumber): string {
  if (value instanceof ExactNumber) return value.text;
  const text = canonicalDecimal(String(value));
  if (text === undefined) throw new RangeError("a number must be finite");
  return text;
}
