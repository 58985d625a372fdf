/** Runs one task after the other, in the order they came; a failure is its caller's alone. */
export class SerialTasks {
  private last: Promise<unknown> = Promise.resolve();

  run<Value>(task: () => Promise<Value>): Promise<Value> {
    const result = this.last.then(task);
    this.last = result.catch(() => undefined);
    return result;
  }
}
