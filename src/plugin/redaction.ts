const PLACEHOLDER = "(redacted)";

/** Shorter texts would redact half of every message without hiding anything worth guessing. */
const TEXT_CHARACTERS_MIN = 6;
const TEXTS_MAX = 10_000;

const TELLING_KEY = /token|secret|password|passphrase|credential|authorization|cookie|private|(^|_)key$/i;

/** Takes texts that must not be shown out of whatever is written. Forgets the oldest when it holds too many. */
export class Redactor {
  readonly #texts = new Set<string>();

  /** From now on `text` is hidden, also in its JSON-escaped form. */
  add(text: string): void {
    if (text.length < TEXT_CHARACTERS_MIN) return;
    this.#texts.add(text);
    const escaped = JSON.stringify(text).slice(1, -1);
    if (escaped !== text) this.#texts.add(escaped);
    for (const oldest of this.#texts) {
      if (this.#texts.size <= TEXTS_MAX) break;
      this.#texts.delete(oldest);
    }
  }

  apply(text: string): string {
    let clean = text;
    for (const hidden of this.#texts) {
      if (clean.includes(hidden)) clean = clean.replaceAll(hidden, PLACEHOLDER);
    }
    return clean;
  }

  /** A log field: hidden whole when its key tells, else cleaned. */
  field(key: string, value: string | number | boolean | null): string | number | boolean | null {
    if (TELLING_KEY.test(key)) return PLACEHOLDER;
    return typeof value === "string" ? this.apply(value) : value;
  }
}
