import { type AttributePath, formatPath } from "./attribute-path";
import type { AnyProvider } from "./provider";
import type { Attribute, Attributes, Schema } from "./schema";

const NAME = /^[a-z_][a-z0-9_]*$/;

/** Taken by Terraform's language, or by what the CDK generates: Terraform itself does not refuse them at load. */
const RESERVED = new Set([
  "connection",
  "count",
  "depends_on",
  "for_each",
  "fqn",
  "lifecycle",
  "provider",
  "provisioner",
]);

type Kind = "provider" | "resource" | "data source" | "ephemeral resource";

interface Place {
  readonly kind: Kind;
  readonly path: AttributePath;
  readonly insideSet: boolean;
  readonly top: boolean;
}

type Rule = (name: string, attribute: Attribute, place: Place) => string | undefined;

const RULES: readonly Rule[] = [
  (name) => (NAME.test(name) ? undefined : "the name needs lower-case letters, digits and underscores"),
  (name, _, { top }) => (top && RESERVED.has(name) ? "the name is reserved" : undefined),
  (_, { writeOnly, computed }) => (writeOnly && computed ? "write-only attributes cannot be computed" : undefined),
  (_, { writeOnly, default: value }) =>
    writeOnly && value !== undefined ? "write-only excludes a default" : undefined,
  (_, { writeOnly }, { insideSet }) => (writeOnly && insideSet ? "a set cannot hold write-only attributes" : undefined),
  (_, { writeOnly }, { kind }) => (writeOnly && kind !== "resource" ? `write-only does not fit a ${kind}` : undefined),
  (_, attribute, { insideSet }) => (insideSet && isDynamic(attribute) ? "a set cannot hold dynamic values" : undefined),
  (_, { default: value }, { kind }) =>
    value !== undefined && kind !== "resource" ? `no defaults in a ${kind}` : undefined,
  (_, { computed }, { kind }) => (computed && kind === "provider" ? "a provider computes nothing" : undefined),
  (_, { nonNull, computed }) => (nonNull && !computed ? "nonNull is for computed attributes" : undefined),
  (_, { required, optional, computed }) =>
    required || optional || computed ? undefined : "needs to be required, optional or computed",
];

function isDynamic(attribute: Attribute): boolean {
  return attribute.nested === undefined && JSON.stringify(attribute.type).includes('"dynamic"');
}

function checkAttributes(attributes: Attributes, place: Place): readonly string[] {
  return Object.entries(attributes).flatMap(([name, attribute]) => {
    const path = [...place.path, { attribute: name }];
    const found = RULES.flatMap((rule) => rule(name, attribute, place) ?? []);
    const problems = found.map((problem) => `${formatPath(path)}: ${problem}`);
    if (attribute.nested === undefined) return problems;
    const insideSet = place.insideSet || attribute.nested === "set";
    return [...problems, ...checkAttributes(attribute.attributes, { ...place, path, insideSet, top: false })];
  });
}

function checkSchema(kind: Kind, name: string, schema: Schema): readonly string[] {
  const place: Place = { kind, path: [], insideSet: false, top: true };
  return checkAttributes(schema.attributes, place).map((problem) => `${kind} ${name}: ${problem}`);
}

function duplicates(kind: string, names: readonly string[]): readonly string[] {
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  return twice.map((name) => `${kind} ${name}: declared twice`);
}

/** Everything wrong with a provider's declarations, one line each; empty when it is sound. */
export function checkProvider(provider: AnyProvider): readonly string[] {
  const kinds = [
    ["resource", provider.resources],
    ["data source", provider.dataSources],
    ["ephemeral resource", provider.ephemeralResources],
  ] as const;
  const misnamed = kinds.flatMap(([kind, list]) =>
    list
      .filter(({ name }) => name !== provider.name && !name.startsWith(`${provider.name}_`))
      .map(({ name }) => `${kind} ${name}: the name must start with ${provider.name}_`),
  );
  const noUpgrade = provider.resources
    .filter(({ schema, upgradeState }) => (schema.version ?? 0) > 0 && upgradeState === undefined)
    .map(({ name }) => `resource ${name}: a schema version above 0 needs upgradeState`);
  return [
    ...checkSchema("provider", provider.name, provider.schema),
    ...kinds.flatMap(([kind, list]) => list.flatMap(({ name, schema }) => checkSchema(kind, name, schema))),
    ...kinds.flatMap(([kind, list]) =>
      duplicates(
        kind,
        list.map(({ name }) => name),
      ),
    ),
    ...misnamed,
    ...noUpgrade,
  ];
}
