/** Conversion of fields is a pure helper of the contracts; the router is where requests meet it. */
export type { ConvertedFields, FieldSources } from "../sdk/fields";
export { convertFields, FieldConverter } from "../sdk/fields";
