/** A planted bug. */
export interface Mutation {
  readonly name: string;
  /** The disk says so before it is durable. */
  readonly acknowledgesEarly?: boolean;
  /** Changes production code in this process. @returns the function that changes it back */
  plant?(): () => void;
}
