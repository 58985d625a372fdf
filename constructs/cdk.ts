/** The only hand-written file that names the CDK framework: another flavour of it changes this file and the bindings. */
export {
  Annotations,
  App,
  Aspects,
  Fn,
  type ITerraformDependable,
  Lazy,
  TerraformOutput,
  TerraformProvider,
  TerraformStack,
  TerraformVariable,
  Testing,
  Token,
} from "cdktf";
export { Construct, type IConstruct } from "constructs";
