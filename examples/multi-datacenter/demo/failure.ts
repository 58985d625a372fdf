/** Something that the demo promises did not hold, or its machine lacks what it needs. The message is all that is shown. */
export class DemoFailure extends Error {
  public override readonly name = "DemoFailure";
}
