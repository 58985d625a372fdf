/**
 * A document in HashiCorp's configuration language, version 1 (the subset that policies and server configuration use).
 * `name = { ... }` and `name { ... }` mean nearly the same to its readers, so an object value is a body too.
 */
export type HclValue = string | number | boolean | readonly HclValue[] | HclBody;

/** Where something stands in the document, both from 1; `column` counts UTF-16 units. 0, 0: not known (JSON). */
export interface HclPlace {
  readonly line: number;
  readonly column: number;
}

/** `name = value`. */
export interface HclAttribute {
  readonly kind: "attribute";
  readonly name: string;
  readonly value: HclValue;
  readonly place: HclPlace;
}

/** `name "label" ... { body }`. */
export interface HclBlock {
  readonly kind: "block";
  readonly name: string;
  readonly labels: readonly string[];
  readonly body: HclBody;
  readonly place: HclPlace;
}

export class HclBody {
  /** In the order of the document. No two attributes have one name. */
  constructor(readonly items: readonly (HclAttribute | HclBlock)[]) {}
}

/** Names the place and never quotes the content, which may be a secret. */
export class HclError extends Error {
  override readonly name = "HclError";
  constructor(
    readonly place: HclPlace,
    readonly reason: string,
  ) {
    super(place.line === 0 ? reason : `line ${place.line}, column ${place.column}: ${reason}`);
  }
}
