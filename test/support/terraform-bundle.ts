import { execFile } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const BUNDLER = pathToFileURL(join(__dirname, "../../src/bundle.mjs")).href;

export interface BundleOptions {
  readonly entryPoint: string;
  /** Path of the executable file to write. */
  readonly executable: string;
  /** Also lays out a filesystem mirror there. */
  readonly mirror?: string;
  /** Source address of the provider in the mirror, `host/namespace/type`. */
  readonly address?: string;
  readonly version?: string;
}

/** Runs the provider's bundler in a process of its own: it is an ES module, which tests cannot import. */
export function bundle(options: BundleOptions): Promise<void> {
  const script = `
    const { bundleProvider, writeMirror } = await import(${JSON.stringify(BUNDLER)});
    const options = JSON.parse(process.argv[1]);
    await bundleProvider(options.entryPoint, options.executable);
    if (options.mirror !== undefined) await writeMirror(options);
  `;
  const args = ["--input-type=module", "--eval", script, JSON.stringify(options)];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, (error, _, stderr) => (error ? reject(new Error(stderr)) : resolve()));
  });
}
