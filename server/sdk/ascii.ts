/** A-Z to a-z and nothing else: Unicode folding would turn U+212A (Kelvin) into `k` and make two names one. */
export function asciiLowerCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
