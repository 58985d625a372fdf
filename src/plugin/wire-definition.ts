/**
 * One field: its number and its type, written short. `"string"` is a scalar, `"string?"` one with explicit presence
 * (undefined when absent, written even when zero; so are members of a oneof), `"Schema"` a message of the same table,
 * `"Schema[]"` a repeated field, `"map<Schema>"` a map with string keys.
 */
export type Field = readonly [number: number, type: string];

export interface MessageTable {
  readonly [message: string]: { readonly [field: string]: Field };
}

interface ScalarTypes {
  string: string;
  bytes: Buffer;
  bool: boolean;
  int64: number;
  enum: number;
}

type Plain<T extends MessageTable, Type> = Type extends keyof ScalarTypes
  ? ScalarTypes[Type]
  : Type extends keyof T
    ? Decoded<T, Type>
    : never;

type DecodedField<T extends MessageTable, Type> = Type extends `map<${infer Of}>`
  ? ReadonlyMap<string, Plain<T, Of>>
  : Type extends `${infer Of}[]`
    ? readonly Plain<T, Of>[]
    : Type extends `${infer Of}?`
      ? Plain<T, Of> | undefined
      : Type extends keyof ScalarTypes
        ? ScalarTypes[Type]
        : Plain<T, Type> | undefined;

/** A message as it is read: absent scalars are zero, absent messages undefined. */
export type Decoded<T extends MessageTable, Name extends keyof T> = {
  readonly [F in keyof T[Name]]: DecodedField<T, T[Name][F][1]>;
};

type PlainInput<T extends MessageTable, Type> = Type extends keyof ScalarTypes
  ? ScalarTypes[Type]
  : Type extends keyof T
    ? Encodable<T, Type>
    : never;

type EncodableField<T extends MessageTable, Type> = Type extends `map<${infer Of}>`
  ? ReadonlyMap<string, PlainInput<T, Of>>
  : Type extends `${infer Of}[]`
    ? readonly PlainInput<T, Of>[]
    : Type extends `${infer Of}?`
      ? PlainInput<T, Of>
      : PlainInput<T, Type>;

/** A message as it is written: everything may be left out. */
export type Encodable<T extends MessageTable, Name extends keyof T> = {
  readonly [F in keyof T[Name]]?: EncodableField<T, T[Name][F][1]> | undefined;
};
