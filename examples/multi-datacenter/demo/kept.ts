import { join } from "node:path";
import { type DemoFolder, REPOSITORY } from "./folder";
import { World } from "./world";

/** How to go on with clusters that were left running. */
export async function keptText(folder: DemoFolder, password: string): Promise<string> {
  const world = await World.of(folder, password);
  const lines = ["dc-a", "dc-b", "cloud", "dc-a-dr"].map(
    (name) => `  ${name.padEnd(8)} ${world.cluster(name).address}   authority ${authority(folder, name)}`,
  );
  const meridian = join(REPOSITORY, "src", "bin", "meridian");
  const address = world.cluster("dc-b").address;
  world.close();
  return `Running until "npm run demo -- --down":

${lines.join("\n")}

Log in as demo, at any but the standby:

  export MERIDIAN_ADDR=${address} MERIDIAN_CACERT=${authority(folder, "dc-b")}
  ${meridian} login -method=userpass username=demo      # password: ${password}
  ${meridian} kv get secret/app/database

Unseal shares and administrators' credentials: ${folder.operatorFile}
To move the primary yourself, change it in ${folder.program} and run, in ${folder.path}:

  export TF_CLI_CONFIG_FILE=${folder.cliConfiguration} TF_VAR_demo_password=${password}
  export CI=1 CHECKPOINT_DISABLE=1 CDKTF_DISABLE_PLUGIN_CACHE_ENV=1 NODE_PATH=${join(REPOSITORY, "node_modules")}
  ${join(REPOSITORY, "node_modules", ".bin", "cdktf")} deploy --skip-provider-lock
`;
}

function authority(folder: DemoFolder, node: string): string {
  return join(folder.nodes, node, "tls", "ca.pem");
}
