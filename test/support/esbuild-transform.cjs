// Jest transformer: esbuild strips the types; tsc checks them separately. esbuild is already here for bundling the provider.
const { transformSync } = require("esbuild");

module.exports = {
  process(source, path) {
    const { code, map } = transformSync(source, {
      loader: "ts",
      format: "cjs",
      target: "node20",
      sourcemap: "external",
      sourcefile: path,
      supported: { "dynamic-import": false }, // jest has no loader for it,
    });
    return { code, map };
  },
};
