// Who may import what: docs/architecture.md says why. The check also asserts that modules were read at all.
const test = "\\.test\\.ts$|/testing/";
const nodeCryptoAllowed =
  "^server/sdk/(crypto|random)\\.ts$|^server/barrier/seal/|^server/cluster/|^server/replication/(role|stream)/|^server/mounts/(secrets|auth)/|^src/(plugin|nodes|operator|client)/|^server/main\\.ts$";
const forbid = (name, comment, from, to) => {
  const pathNot = from.pathNot === undefined ? [test] : [test, from.pathNot];
  return { name, comment, severity: "error", from: { ...from, pathNot }, to };
};

/** @type {import("dependency-cruiser").IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: "no-cycles",
      severity: "error",
      comment: "Arrows point to contracts; a cycle has none.",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    forbid(
      "sdk-imports-nothing",
      "Contracts and pure helpers stand alone.",
      { path: "^server/sdk/" },
      { path: "^server/", pathNot: "^server/sdk/" },
    ),
    forbid(
      "mounts-see-sdk-only",
      "A secrets engine or auth method is a plug: it sees the contracts and its own folder.",
      { path: "^server/mounts/(secrets|auth)/([^/]+)/" },
      { path: "^server/", pathNot: "^server/sdk/|^server/mounts/$1/$2/|^server/mounts/auth/token-fields\\.ts$" },
    ),
    forbid(
      "system-mount-sees-sdk-only",
      "sys/ reaches services through ports.",
      { path: "^server/mounts/system/" },
      { path: "^server/", pathNot: "^server/sdk/|^server/mounts/system/" },
    ),
    forbid(
      "storage-sees-sdk-only",
      "Engines are siblings that know only the contract.",
      { path: "^server/storage/([^/]+)/" },
      { path: "^server/", pathNot: "^server/sdk/|^server/storage/$1/" },
    ),
    forbid(
      "only-main-constructs-engines",
      "One composition root names concrete engines.",
      { path: "^server/", pathNot: "^server/(main|composition/[^/]+)\\.ts$|^server/storage/|\\.test\\.ts$|/testing/" },
      { path: "^server/storage/" },
    ),
    forbid(
      "raw-storage",
      "Only these rooms hold ciphertext.",
      { path: "^server/(http|pipeline|router|services|mounts|openapi|config)/" },
      { path: "^server/sdk/storage\\.ts$" },
    ),
    forbid(
      "http-knows-no-business",
      "The wire room knows no rules.",
      { path: "^server/http/" },
      { path: "^server/", pathNot: "^server/(http|sdk)/" },
    ),
    forbid(
      "pipeline-sees",
      "Pipeline: http's messages, router, services, sdk.",
      { path: "^server/pipeline/" },
      { path: "^server/", pathNot: "^server/(pipeline|http|router|services|sdk)/" },
    ),
    forbid(
      "router-sees",
      "Router: sdk and its own.",
      { path: "^server/router/" },
      { path: "^server/", pathNot: "^server/(router|sdk|barrier)/" },
    ),
    forbid(
      "services-see",
      "Services: sdk and barrier views.",
      { path: "^server/services/" },
      { path: "^server/", pathNot: "^server/(services|sdk|barrier)/" },
    ),
    forbid(
      "log-and-index-see",
      "The log rests on contracts.",
      { path: "^server/replication/(log|index)/" },
      { path: "^server/", pathNot: "^server/sdk/|^server/replication/(log|index)/" },
    ),
    forbid(
      "nobody-imports-the-roots",
      "Composition roots are not libraries.",
      { path: "^(server|src|constructs)/" },
      { path: "^server/main\\.ts$|^src/provider-main\\.ts$|^test/" },
    ),
    forbid(
      "src-sees-openapi-only",
      "The provider knows the server by its API description.",
      { path: "^src/" },
      { path: "^(server|constructs|examples)/", pathNot: "^server/openapi\\.json$" },
    ),
    forbid(
      "framework-is-general",
      "plugin, protocol and framework could be published on their own.",
      { path: "^src/(plugin|protocol|framework)/" },
      { path: "^src/", pathNot: "^src/(plugin|protocol|framework)/" },
    ),
    forbid(
      "constructs-see-neither",
      "Constructs know the provider's schema only.",
      { path: "^constructs/" },
      { path: "^(server|src)/" },
    ),
    forbid("constructs-levels", "l1 <- l2 <- l3.", { path: "^constructs/(l1|l2)/" }, { path: "^constructs/l3/" }),
    forbid(
      "l1-stands-alone",
      "Generated bindings import the framework only.",
      { path: "^constructs/l1/" },
      { path: "^constructs/l2/" },
    ),
    forbid(
      "one-door-to-the-cdk",
      "cdk.ts is the only hand-written file that names the framework.",
      { path: "^(constructs|examples)/", pathNot: "^constructs/(cdk\\.ts$|l1/)" },
      { path: "node_modules/cdktf" },
    ),
    forbid(
      "node-crypto",
      "Digests, AEAD, compare and random come from server/sdk/crypto.ts.",
      { path: "^(server|src)/", pathNot: nodeCryptoAllowed },
      { path: "^(node:)?crypto$" },
    ),
    forbid(
      "no-node-http-listener",
      "The API listener is our own codec.",
      { path: "^server/(http|pipeline)/" },
      { path: "^(node:)?https?2?$" },
    ),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.base.json" },
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)dist/|cdktf\\.out" },
    enhancedResolveOptions: { extensions: [".ts", ".js", ".json"] },
  },
};
