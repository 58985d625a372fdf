import { execFileSync } from "node:child_process";

/**
 * Lets a running process write no file beyond so many bytes: what a full disk is to it (EFBIG in place of ENOSPC), without root.
 * `unlimited` makes room again.
 */
export function limitFileSize(pid: number, bytes: number | "unlimited"): void {
  execFileSync("prlimit", [`--pid=${pid}`, `--fsize=${bytes}:unlimited`]);
}
