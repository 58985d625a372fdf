/** Byte classes of RFC 9110 and RFC 9112, as tables: one load for each byte of a request. */

function table(accepts: (byte: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (accepts(byte) ? 1 : 0));
}

const TOKEN_PUNCTUATION = "!#$%&'*+-.^_`|~";

function isTokenByte(byte: number): boolean {
  const character = String.fromCharCode(byte);
  return /[0-9A-Za-z]/.test(character) || TOKEN_PUNCTUATION.includes(character);
}

/** RFC 9110 5.6.2 `tchar`: the lower-case byte for a token byte, 0 for every other. */
export const TOKEN_LOWER: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (!isTokenByte(byte)) return 0;
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
});

/** RFC 9110 5.5: visible characters, obs-text, space and tab. No other control character, DEL neither. */
export const FIELD_VALUE: Uint8Array = table((byte) => byte === 0x09 || (byte >= 0x20 && byte !== 0x7f));

/**
 * Bytes of a request target: everything visible but "#" (RFC 9112 3.2 has no fragment). Bytes from 0x80 on are
 * taken as Go's server does; the path canonicaliser insists on UTF-8.
 */
export const TARGET: Uint8Array = table((byte) => byte > 0x20 && byte !== 0x7f && byte !== 0x23);

/** RFC 3986 authority without userinfo, which is all a Host header may hold. */
export const HOST: Uint8Array = table((byte) => /[0-9A-Za-z\-._~%!$&'()*+,;=:[\]]/.test(String.fromCharCode(byte)));

/** Value of a hexadecimal digit, 255 for every other byte. */
export const HEX_VALUE: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => {
  const digit = "0123456789abcdef".indexOf(String.fromCharCode(byte).toLowerCase());
  return digit < 0 ? 255 : digit;
});

/** Whether every character (one for each byte) is of the class. */
export function consistsOf(text: string, bytes: Uint8Array): boolean {
  for (let index = 0; index < text.length; index++) {
    if (bytes[text.charCodeAt(index)] !== 1) return false;
  }
  return true;
}
