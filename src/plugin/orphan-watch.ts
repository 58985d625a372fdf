const INTERVAL_MILLISECONDS = 1000;

/**
 * Calls `orphaned` once the parent process is gone. When Terraform is killed nothing else tells its provider, which
 * would stay for ever.
 */
export function watchParent(orphaned: () => void, parentOf: () => number = () => process.ppid): void {
  const parent = parentOf();
  const timer = setInterval(() => {
    if (parentOf() === parent) return;
    clearInterval(timer);
    orphaned();
  }, INTERVAL_MILLISECONDS);
  timer.unref();
}
