import type { IConstruct } from "../cdk";
import type { Policy } from "./policy";

/** Somebody who logs in and can be granted something. */
export interface IGrantee extends IConstruct {
  /** The policy that holds exactly what was granted to it. */
  readonly grantPolicy: Policy;
}
