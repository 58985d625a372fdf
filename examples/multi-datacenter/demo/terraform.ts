import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { DemoFailure } from "./failure";
import { textAt } from "./json";

const run = promisify(execFile);
const OLDEST = [1, 11] as const;

/** @throws DemoFailure that says what is missing and where to get it */
export async function requireTerraform(): Promise<void> {
  const version = await terraformVersion();
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return;
  throw new DemoFailure(
    `terraform is version ${version}, and ${OLDEST.join(".")} or newer is needed (write-only values)`,
  );
}

async function terraformVersion(): Promise<string> {
  const environment = { ...process.env, CHECKPOINT_DISABLE: "1", TF_CLI_CONFIG_FILE: "/dev/null" };
  try {
    const { stdout } = await run("terraform", ["version", "-json"], { env: environment });
    return textAt(JSON.parse(stdout), "terraform_version");
  } catch {
    throw new DemoFailure(
      "there is no terraform on the PATH. Install version 1.11 or newer (https://developer.hashicorp.com/terraform/install) and run this again",
    );
  }
}
