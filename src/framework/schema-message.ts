import { NESTING_MODE, type Outgoing, STRING_KIND } from "../plugin/tfplugin6";
import { formatCtyType } from "../protocol/cty-type";
import type { AnyFunction, Parameter } from "./function";
import type { Attribute, Attributes, AttributeType, Schema } from "./schema";
import { attributeCtyType, ctyTypeOf } from "./schema-type";

/** A schema as Terraform wants to hear it. */
export function schemaMessage(schema: Schema): Outgoing<"Schema"> {
  return {
    version: schema.version ?? 0,
    block: {
      attributes: attributeMessages(schema.attributes),
      description: described(schema),
      descriptionKind: STRING_KIND.markdown,
      deprecated: schema.deprecated !== undefined,
    },
  };
}

function described({
  description,
  deprecated,
}: {
  readonly description: string;
  readonly deprecated?: string;
}): string {
  return deprecated === undefined ? description : `${description}\n\n**Deprecated:** ${deprecated}`;
}

function attributeMessages(attributes: Attributes): readonly Outgoing<"SchemaAttribute">[] {
  return Object.entries(attributes)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, attribute]) => attributeMessage(name, attribute));
}

function attributeMessage(name: string, attribute: Attribute): Outgoing<"SchemaAttribute"> {
  return {
    name,
    description: described(attribute),
    descriptionKind: STRING_KIND.markdown,
    required: attribute.required === true,
    optional: attribute.optional === true,
    computed: attribute.computed === true || attribute.default !== undefined,
    sensitive: attribute.sensitive === true,
    writeOnly: attribute.writeOnly === true,
    deprecated: attribute.deprecated !== undefined,
    ...typeOf(attribute),
  };
}

function typeOf(attribute: Attribute): Outgoing<"SchemaAttribute"> {
  if (attribute.nested === undefined) return { type: typeBytes(attributeCtyType(attribute)) };
  const attributes = attributeMessages(attribute.attributes);
  return { nestedType: { attributes, nesting: NESTING_MODE[attribute.nested] } };
}

function typeBytes(type: ReturnType<typeof ctyTypeOf>): Buffer {
  return Buffer.from(formatCtyType(type));
}

export function functionMessage(declared: AnyFunction): Outgoing<"Function"> {
  return {
    parameters: declared.parameters.map(parameterMessage),
    variadicParameter: declared.variadicParameter && parameterMessage(declared.variadicParameter),
    return: { type: resultBytes(declared.returns) },
    summary: declared.summary,
    description: declared.description,
    descriptionKind: STRING_KIND.markdown,
    deprecationMessage: declared.deprecated ?? "",
  };
}

function resultBytes(type: AttributeType): Buffer {
  return typeBytes(ctyTypeOf(type));
}

function parameterMessage(parameter: Parameter): Outgoing<"FunctionParameter"> {
  return {
    name: parameter.name,
    type: resultBytes(parameter.type),
    allowNullValue: parameter.allowNull === true,
    allowUnknownValues: parameter.allowUnknown === true,
    description: parameter.description,
    descriptionKind: STRING_KIND.markdown,
  };
}
