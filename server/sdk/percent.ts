const PERCENT = 0x25;

/**
 * Undoes percent-escapes exactly once, on bytes (RFC 3986 2.1). Null for an incomplete escape.
 * @param text one character for each byte (latin1)
 */
export function percentDecode(text: string): Buffer | null {
  const decoded = Buffer.alloc(text.length);
  let length = 0;
  for (let index = 0; index < text.length; index++) {
    const byte = text.charCodeAt(index);
    if (byte !== PERCENT) {
      decoded[length++] = byte;
      continue;
    }
    const high = hexDigit(text.charCodeAt(index + 1));
    const low = hexDigit(text.charCodeAt(index + 2));
    if (high < 0 || low < 0) return null;
    decoded[length++] = high * 16 + low;
    index += 2;
  }
  return decoded.subarray(0, length);
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
