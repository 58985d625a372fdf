/** A Terraform type. `dynamic` is a place whose type travels with the value. */
export type CtyType =
  | "string"
  | "number"
  | "bool"
  | "dynamic"
  | { readonly list: CtyType }
  | { readonly set: CtyType }
  | { readonly map: CtyType }
  | { readonly tuple: readonly CtyType[] }
  | { readonly object: { readonly [name: string]: CtyType } };
