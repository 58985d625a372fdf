import { isUtf8 } from "node:buffer";
import { percentDecode } from "./percent";

/** Names and values in the order of arrival; a Map, so that no name can meet a prototype. */
export type FormFields = ReadonlyMap<string, readonly string[]>;

export type FormRefusal = "malformed" | "too_many";

/**
 * `application/x-www-form-urlencoded`, as used in queries and bodies. Refuses what parsers disagree on: a raw semicolon,
 * an incomplete escape, invalid UTF-8. Empty parts (`a=1&&b=2`) are skipped.
 * @param text one character for each byte (latin1)
 */
export function parseForm(text: string, fieldsMax: number): FormFields | FormRefusal {
  const fields = new Map<string, string[]>();
  if (text === "") return fields;
  if (text.includes(";")) return "malformed";
  let count = 0;
  for (let start = 0; start <= text.length; ) {
    const ampersand = text.indexOf("&", start);
    const end = ampersand < 0 ? text.length : ampersand;
    if (end > start) {
      if (++count > fieldsMax) return "too_many";
      if (!addField(fields, text.slice(start, end))) return "malformed";
    }
    start = end + 1;
  }
  return fields;
}

function addField(fields: Map<string, string[]>, part: string): boolean {
  const equals = part.indexOf("=");
  const name = decode(equals < 0 ? part : part.slice(0, equals));
  const value = equals < 0 ? "" : decode(part.slice(equals + 1));
  if (name === null || value === null) return false;
  const values = fields.get(name);
  if (values === undefined) fields.set(name, [value]);
  else values.push(value);
  return true;
}

function decode(text: string): string | null {
  // A blank is written "+"; a plus sign itself arrives as an escape and is decoded afterwards.
  const bytes = percentDecode(text.replaceAll("+", " "));
  return bytes !== null && isUtf8(bytes) ? bytes.toString("utf8") : null;
}
