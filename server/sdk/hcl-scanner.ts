import { HclError, type HclPlace } from "./hcl-value";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NEWLINE = 0x0a;

const SIMPLE_ESCAPES = new Map<string, string>([
  ['"', '"'],
  ["\\", "\\"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["a", "\x07"],
  ["b", "\b"],
  ["f", "\f"],
  ["v", "\v"],
]);
/** Digits after `\x`, `\u`, `\U`. */
const HEX_ESCAPES = new Map<string, number>([
  ["x", 2],
  ["u", 4],
  ["U", 8],
]);

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isHexDigit(code: number): boolean {
  return isDigit(code) || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x66);
}

function isLetter(code: number): boolean {
  return ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a) || code === 0x5f;
}

/** Letters, digits, `_`, `-` and `.`; a letter or `_` first. */
function isIdentifierPart(code: number): boolean {
  return isLetter(code) || isDigit(code) || code === 0x2d || code === 0x2e;
}

/** Reads tokens with character codes in one pass: no regular expression, no look-back, linear time. */
export class HclScanner {
  position = 0;
  private line = 1;
  private lineStart = 0;

  constructor(private readonly text: string) {}

  /** The code of the next significant character, NaN at the end. */
  peek(): number {
    this.skipBlanksAndComments();
    return this.text.charCodeAt(this.position);
  }

  startsWith(word: string): boolean {
    return this.text.startsWith(word, this.position);
  }

  advance(): void {
    this.position++;
  }

  /** Counts lines on from the last place asked for, so asking for rising positions costs linear time altogether. */
  place(position = this.position): HclPlace {
    if (position < this.lineStart) {
      this.line = 1;
      this.lineStart = 0;
    }
    for (let at = this.text.indexOf("\n", this.lineStart); at !== -1 && at < position; ) {
      this.line++;
      this.lineStart = at + 1;
      at = this.text.indexOf("\n", this.lineStart);
    }
    return { line: this.line, column: position - this.lineStart + 1 };
  }

  fail(reason: string, position = this.position): never {
    throw new HclError(this.place(position), reason);
  }

  startsIdentifier(): boolean {
    return isLetter(this.peek());
  }

  identifier(): string {
    const start = this.position;
    while (isIdentifierPart(this.text.charCodeAt(this.position))) this.position++;
    return this.text.slice(start, this.position);
  }

  startsNumber(): boolean {
    const code = this.peek();
    return isDigit(code) || code === 0x2d;
  }

  /** Decimal with fraction and exponent, or `0x` and hexadecimal digits. */
  number(): number {
    const start = this.position;
    if (this.text.charCodeAt(this.position) === 0x2d) this.position++;
    if (this.startsWith("0x") || this.startsWith("0X")) return this.hexadecimal(start);
    this.digits();
    if (this.text.charCodeAt(this.position) === 0x2e) {
      this.position++;
      this.digits();
    }
    if ((this.text.charCodeAt(this.position) | 0x20) === 0x65) this.exponent();
    if (isIdentifierPart(this.text.charCodeAt(this.position))) this.fail("a number ends in something else");
    const value = Number(this.text.slice(start, this.position));
    if (!Number.isFinite(value)) this.fail("the number is too large", start);
    return value;
  }

  private hexadecimal(start: number): number {
    this.position += 2;
    const digitsStart = this.position;
    while (isHexDigit(this.text.charCodeAt(this.position))) this.position++;
    const digits = this.position - digitsStart;
    if (digits === 0 || digits > 12) this.fail("a hexadecimal number of 1 to 12 digits is expected", start);
    const value = Number.parseInt(this.text.slice(digitsStart, this.position), 16);
    return this.text.charCodeAt(start) === 0x2d ? -value : value;
  }

  private exponent(): void {
    this.position++;
    const sign = this.text.charCodeAt(this.position);
    if (sign === 0x2b || sign === 0x2d) this.position++;
    this.digits();
  }

  private digits(): void {
    const start = this.position;
    while (isDigit(this.text.charCodeAt(this.position))) this.position++;
    if (this.position === start) this.fail("a digit is expected");
  }

  /** A string in double quotes on one line. `${...}` has no meaning and stays as it is. */
  string(): string {
    const start = this.position++;
    let value = "";
    let copied = this.position;
    for (;;) {
      const code = this.text.charCodeAt(this.position);
      if (code === QUOTE) {
        value += this.text.slice(copied, this.position++);
        return value;
      }
      if (Number.isNaN(code) || code === NEWLINE) this.fail("the string is not closed on its line", start);
      if (code < 0x20 && code !== 0x09) this.fail("a control character in a string must be escaped");
      if (code === BACKSLASH) {
        value += this.text.slice(copied, this.position) + this.escape();
        copied = this.position;
      } else {
        this.position++;
      }
    }
  }

  private escape(): string {
    const start = this.position++;
    const letter = this.text.charAt(this.position++);
    const simple = SIMPLE_ESCAPES.get(letter);
    if (simple !== undefined) return simple;
    const digits = HEX_ESCAPES.get(letter);
    if (digits === undefined) this.fail("unknown escape in a string", start);
    const end = this.position + digits;
    for (; this.position < end; this.position++) {
      if (!isHexDigit(this.text.charCodeAt(this.position))) this.fail("hexadecimal digits are expected in the escape");
    }
    const point = Number.parseInt(this.text.slice(end - digits, end), 16);
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) this.fail("the escape is no character", start);
    return String.fromCodePoint(point);
  }

  /** `<<WORD` lines `WORD`, every line with its line feed; `<<-WORD` takes the smallest common indentation away. */
  heredoc(): string {
    const start = this.position;
    this.position += 2;
    const indented = this.text.charCodeAt(this.position) === 0x2d;
    if (indented) this.position++;
    if (!isLetter(this.text.charCodeAt(this.position))) this.fail("a word is expected after <<");
    const word = this.identifier();
    if (this.restOfLine().trim() !== "") this.fail("a heredoc's first line ends after its word", start);
    const lines: string[] = [];
    while (this.position < this.text.length) {
      const line = this.restOfLine();
      if (line.trim() === word) return (indented ? withoutIndentation(lines) : lines).map((one) => `${one}\n`).join("");
      lines.push(line);
    }
    this.fail("the heredoc's closing word is missing", start);
  }

  private restOfLine(): string {
    const end = this.text.indexOf("\n", this.position);
    const line = this.text.slice(this.position, end === -1 ? undefined : end);
    this.position = end === -1 ? this.text.length : end + 1;
    return line.endsWith("\r") ? line.slice(0, -1) : line;
  }

  private skipBlanksAndComments(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.position);
      if (code === 0x20 || code === 0x09 || code === NEWLINE || code === 0x0d) {
        this.position++;
      } else if (code === 0x23 || this.startsWith("//")) {
        this.restOfLine();
      } else if (code === 0x2f && this.startsWith("/*")) {
        const end = this.text.indexOf("*/", this.position + 2);
        if (end === -1) this.fail("the comment is not closed");
        this.position = end + 2;
      } else {
        return;
      }
    }
  }
}

function withoutIndentation(lines: readonly string[]): string[] {
  let indentation = Number.POSITIVE_INFINITY;
  for (const line of lines) {
    const text = line.trimStart();
    if (text !== "") indentation = Math.min(indentation, line.length - text.length);
  }
  return lines.map((line) => line.slice(Math.min(indentation, line.length - line.trimStart().length)));
}
