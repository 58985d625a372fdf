import { readFile } from "node:fs/promises";
import type { DemoFolder } from "./folder";
import { at, textAt } from "./json";

/** What Terraform keeps, as far as the demo looks at it: addresses and roles, never a secret. */
async function resources(folder: DemoFolder): Promise<readonly unknown[]> {
  try {
    const found = at(JSON.parse(await readFile(folder.state, "utf8")), "resources");
    return Array.isArray(found) ? found : [];
  } catch {
    return [];
  }
}

/** Whether there is something that an apply made and no destroy removed. */
export async function hasDeployment(folder: DemoFolder): Promise<boolean> {
  return (await resources(folder)).length > 0;
}

/** The steps of the topology's last change, in order. */
export async function performedSteps(folder: DemoFolder): Promise<readonly string[]> {
  const topology = (await resources(folder)).find((resource) => textAt(resource, "type") === "meridian_topology");
  const steps = at(topology, "instances", "0", "attributes", "steps");
  return Array.isArray(steps) ? steps.map(String) : [];
}
