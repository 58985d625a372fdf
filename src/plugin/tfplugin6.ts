import { Protobuf } from "./protobuf";
import type { Decoded, Encodable } from "./wire-definition";

/**
 * The messages of Terraform's plugin protocol 6 that Terraform 1.11 knows (package tfplugin6, minor 6.9 and the parts
 * of later minors that change nothing for it). Field numbers never change within a major version.
 */
const messages = {
  DynamicValue: { msgpack: [1, "bytes"], json: [2, "bytes"] },
  Diagnostic: { severity: [1, "enum"], summary: [2, "string"], detail: [3, "string"], attribute: [4, "AttributePath"] },
  FunctionError: { text: [1, "string"], functionArgument: [2, "int64?"] },
  AttributePath: { steps: [1, "AttributePathStep[]"] },
  AttributePathStep: {
    attributeName: [1, "string?"],
    elementKeyString: [2, "string?"],
    elementKeyInt: [3, "int64?"],
  },
  StopProviderRequest: {},
  StopProviderResponse: { error: [1, "string"] },
  RawState: { json: [1, "bytes"], flatmap: [2, "map<string>"] },
  Schema: { version: [1, "int64"], block: [2, "SchemaBlock"] },
  SchemaBlock: {
    version: [1, "int64"],
    attributes: [2, "SchemaAttribute[]"],
    description: [4, "string"],
    descriptionKind: [5, "enum"],
    deprecated: [6, "bool"],
  },
  SchemaAttribute: {
    name: [1, "string"],
    type: [2, "bytes"],
    description: [3, "string"],
    required: [4, "bool"],
    optional: [5, "bool"],
    computed: [6, "bool"],
    sensitive: [7, "bool"],
    descriptionKind: [8, "enum"],
    deprecated: [9, "bool"],
    nestedType: [10, "SchemaObject"],
    writeOnly: [11, "bool"],
  },
  SchemaObject: { attributes: [1, "SchemaAttribute[]"], nesting: [3, "enum"] },
  Function: {
    parameters: [1, "FunctionParameter[]"],
    variadicParameter: [2, "FunctionParameter"],
    return: [3, "FunctionReturn"],
    summary: [4, "string"],
    description: [5, "string"],
    descriptionKind: [6, "enum"],
    deprecationMessage: [7, "string"],
  },
  FunctionParameter: {
    name: [1, "string"],
    type: [2, "bytes"],
    allowNullValue: [3, "bool"],
    allowUnknownValues: [4, "bool"],
    description: [5, "string"],
    descriptionKind: [6, "enum"],
  },
  FunctionReturn: { type: [1, "bytes"] },
  ServerCapabilities: {
    planDestroy: [1, "bool"],
    getProviderSchemaOptional: [2, "bool"],
    moveResourceState: [3, "bool"],
  },
  ClientCapabilities: { deferralAllowed: [1, "bool"], writeOnlyAttributesAllowed: [2, "bool"] },
  TypeMetadata: { typeName: [1, "string"] },
  FunctionMetadata: { name: [1, "string"] },
  GetMetadataRequest: {},
  GetMetadataResponse: {
    serverCapabilities: [1, "ServerCapabilities"],
    diagnostics: [2, "Diagnostic[]"],
    dataSources: [3, "TypeMetadata[]"],
    resources: [4, "TypeMetadata[]"],
    functions: [5, "FunctionMetadata[]"],
    ephemeralResources: [6, "TypeMetadata[]"],
  },
  GetProviderSchemaRequest: {},
  GetProviderSchemaResponse: {
    provider: [1, "Schema"],
    resourceSchemas: [2, "map<Schema>"],
    dataSourceSchemas: [3, "map<Schema>"],
    diagnostics: [4, "Diagnostic[]"],
    providerMeta: [5, "Schema"],
    serverCapabilities: [6, "ServerCapabilities"],
    functions: [7, "map<Function>"],
    ephemeralResourceSchemas: [8, "map<Schema>"],
  },
  ValidateProviderConfigRequest: { config: [1, "DynamicValue"] },
  ValidateProviderConfigResponse: { diagnostics: [2, "Diagnostic[]"] },
  ValidateResourceConfigRequest: {
    typeName: [1, "string"],
    config: [2, "DynamicValue"],
    clientCapabilities: [3, "ClientCapabilities"],
  },
  ValidateResourceConfigResponse: { diagnostics: [1, "Diagnostic[]"] },
  ValidateDataResourceConfigRequest: { typeName: [1, "string"], config: [2, "DynamicValue"] },
  ValidateDataResourceConfigResponse: { diagnostics: [1, "Diagnostic[]"] },
  ValidateEphemeralResourceConfigRequest: { typeName: [1, "string"], config: [2, "DynamicValue"] },
  ValidateEphemeralResourceConfigResponse: { diagnostics: [1, "Diagnostic[]"] },
  UpgradeResourceStateRequest: { typeName: [1, "string"], version: [2, "int64"], rawState: [3, "RawState"] },
  UpgradeResourceStateResponse: { upgradedState: [1, "DynamicValue"], diagnostics: [2, "Diagnostic[]"] },
  ConfigureProviderRequest: {
    terraformVersion: [1, "string"],
    config: [2, "DynamicValue"],
    clientCapabilities: [3, "ClientCapabilities"],
  },
  ConfigureProviderResponse: { diagnostics: [1, "Diagnostic[]"] },
  ReadResourceRequest: {
    typeName: [1, "string"],
    currentState: [2, "DynamicValue"],
    private: [3, "bytes"],
    providerMeta: [4, "DynamicValue"],
    clientCapabilities: [5, "ClientCapabilities"],
  },
  ReadResourceResponse: { newState: [1, "DynamicValue"], diagnostics: [2, "Diagnostic[]"], private: [3, "bytes"] },
  PlanResourceChangeRequest: {
    typeName: [1, "string"],
    priorState: [2, "DynamicValue"],
    proposedNewState: [3, "DynamicValue"],
    config: [4, "DynamicValue"],
    priorPrivate: [5, "bytes"],
    providerMeta: [6, "DynamicValue"],
    clientCapabilities: [7, "ClientCapabilities"],
  },
  PlanResourceChangeResponse: {
    plannedState: [1, "DynamicValue"],
    requiresReplace: [2, "AttributePath[]"],
    plannedPrivate: [3, "bytes"],
    diagnostics: [4, "Diagnostic[]"],
  },
  ApplyResourceChangeRequest: {
    typeName: [1, "string"],
    priorState: [2, "DynamicValue"],
    plannedState: [3, "DynamicValue"],
    config: [4, "DynamicValue"],
    plannedPrivate: [5, "bytes"],
    providerMeta: [6, "DynamicValue"],
  },
  ApplyResourceChangeResponse: {
    newState: [1, "DynamicValue"],
    private: [2, "bytes"],
    diagnostics: [3, "Diagnostic[]"],
  },
  ImportResourceStateRequest: {
    typeName: [1, "string"],
    id: [2, "string"],
    clientCapabilities: [3, "ClientCapabilities"],
  },
  ImportedResource: { typeName: [1, "string"], state: [2, "DynamicValue"], private: [3, "bytes"] },
  ImportResourceStateResponse: { importedResources: [1, "ImportedResource[]"], diagnostics: [2, "Diagnostic[]"] },
  MoveResourceStateRequest: {
    sourceProviderAddress: [1, "string"],
    sourceTypeName: [2, "string"],
    sourceSchemaVersion: [3, "int64"],
    sourceState: [4, "RawState"],
    targetTypeName: [5, "string"],
    sourcePrivate: [6, "bytes"],
  },
  MoveResourceStateResponse: {
    targetState: [1, "DynamicValue"],
    diagnostics: [2, "Diagnostic[]"],
    targetPrivate: [3, "bytes"],
  },
  ReadDataSourceRequest: {
    typeName: [1, "string"],
    config: [2, "DynamicValue"],
    providerMeta: [3, "DynamicValue"],
    clientCapabilities: [4, "ClientCapabilities"],
  },
  ReadDataSourceResponse: { state: [1, "DynamicValue"], diagnostics: [2, "Diagnostic[]"] },
  Timestamp: { seconds: [1, "int64"], nanos: [2, "int64"] },
  OpenEphemeralResourceRequest: {
    typeName: [1, "string"],
    config: [2, "DynamicValue"],
    clientCapabilities: [3, "ClientCapabilities"],
  },
  OpenEphemeralResourceResponse: {
    diagnostics: [1, "Diagnostic[]"],
    renewAt: [2, "Timestamp"],
    result: [3, "DynamicValue"],
    private: [4, "bytes?"],
  },
  RenewEphemeralResourceRequest: { typeName: [1, "string"], private: [2, "bytes?"] },
  RenewEphemeralResourceResponse: {
    diagnostics: [1, "Diagnostic[]"],
    renewAt: [2, "Timestamp"],
    private: [3, "bytes?"],
  },
  CloseEphemeralResourceRequest: { typeName: [1, "string"], private: [2, "bytes?"] },
  CloseEphemeralResourceResponse: { diagnostics: [1, "Diagnostic[]"] },
  GetFunctionsRequest: {},
  GetFunctionsResponse: { functions: [1, "map<Function>"], diagnostics: [2, "Diagnostic[]"] },
  CallFunctionRequest: { name: [1, "string"], arguments: [2, "DynamicValue[]"] },
  CallFunctionResponse: { result: [1, "DynamicValue"], error: [2, "FunctionError"] },
} as const;

type Messages = typeof messages;

/** A message of the protocol as it is read. */
export type Incoming<Name extends keyof Messages> = Decoded<Messages, Name>;

/** A message of the protocol as it is written. */
export type Outgoing<Name extends keyof Messages> = Encodable<Messages, Name>;

export const tfplugin6 = new Protobuf(messages);

/**
 * Every method that Terraform 1.11 knows. All are unary; request and response are named after the method. Newer
 * methods are answered with UNIMPLEMENTED, by which Terraform knows that a feature is absent.
 */
export const PROVIDER_METHODS = [
  "GetMetadata",
  "GetProviderSchema",
  "ValidateProviderConfig",
  "ValidateResourceConfig",
  "ValidateDataResourceConfig",
  "ValidateEphemeralResourceConfig",
  "UpgradeResourceState",
  "ConfigureProvider",
  "ReadResource",
  "PlanResourceChange",
  "ApplyResourceChange",
  "ImportResourceState",
  "MoveResourceState",
  "ReadDataSource",
  "OpenEphemeralResource",
  "RenewEphemeralResource",
  "CloseEphemeralResource",
  "GetFunctions",
  "CallFunction",
  "StopProvider",
] as const;

export type ProviderMethod = (typeof PROVIDER_METHODS)[number];

export const SEVERITY = { error: 1, warning: 2 } as const;
export const STRING_KIND = { plain: 0, markdown: 1 } as const;
export const NESTING_MODE = { single: 1, list: 2, set: 3, map: 4 } as const;
