import type { Clock } from "./clock";
import type { Logger } from "./logger";

/** How long a step may take before the log names it. */
const SLOW_MILLISECONDS = 10_000;

/**
 * Runs a step that nothing else can go on without. One that takes long is named in the log while it is still waited for, so
 * that a server that does not come up says where it stands; and once more when it has ended.
 */
export async function slowStepTold<Value>(
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
  step: string,
  run: () => Promise<Value>,
): Promise<Value> {
  const beganMilliseconds = clock.monotonicMilliseconds();
  const seconds = (): number => Math.round((clock.monotonicMilliseconds() - beganMilliseconds) / 1000);
  let isTold = false;
  const timer = clock.setTimer(SLOW_MILLISECONDS, () => {
    isTold = true;
    logger.log("warn", "this takes long and is still waited for", { step, seconds: seconds() });
  });
  timer.unref();
  try {
    return await run();
  } finally {
    timer.cancel();
    if (isTold) logger.log("warn", "what took long has ended", { step, seconds: seconds() });
  }
}
